import { readFile } from 'node:fs/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { type OpenPool, openPool } from '../shared/aws/open-pool.ts';
import { parseStackOutputs, type StackOutputs } from '../shared/aws/stack-outputs.ts';
import type { PoolAddress } from '../shared/tasks/address.ts';
import { CliError, EXIT } from './result.ts';
import type { StackOptions } from './stack-options.ts';

/** Finds a stack's resources. @throws CliError if there is no such stack. */
export async function findStack({ stack, outputs }: StackOptions): Promise<StackOutputs> {
  const found = outputs === undefined ? await described(stack) : await written(outputs, stack);
  if (found === undefined) {
    throw new CliError(
      `unknown stack "${stack}" in ${outputs ?? 'this account and region'}: set --stack, --region or --profile`,
      EXIT.notFound,
    );
  }
  try {
    return parseStackOutputs(found);
  } catch {
    throw new CliError(`stack "${stack}" is not an agentpool stack: its outputs are missing`, EXIT.notFound);
  }
}

/** Opens one pool. @throws CliError that lists the pools if the name is unknown. */
export async function findPool(options: StackOptions, name: string) {
  const stack = await findStack(options);
  poolNamed(stack, name);
  return openPool(stack, name);
}

/** What a client needs to know of a pool. @throws CliError that lists the pools if the name is unknown. */
export function addressOf(stack: StackOutputs, name: string): PoolAddress {
  const { queueUrl } = poolNamed(stack, name);
  const { tableName, bucketName, scalerName: scaler } = stack;
  return { pool: name, queueUrl, tableName, bucketName, ...(scaler !== undefined && { scaler }) };
}

/** Opens one pool, or all. @throws CliError that lists the pools if the name is unknown. */
export async function findPools(options: StackOptions, name: string | undefined) {
  const stack = await findStack(options);
  const pools = name === undefined ? stack.pools : [poolNamed(stack, name)];
  return pools.map((pool) => openPool(stack, pool.name));
}

export type { OpenPool, StackOptions };

function poolNamed({ pools }: StackOutputs, name: string): StackOutputs['pools'][number] {
  const pool = pools.find((each) => each.name === name);
  if (pool) return pool;
  const others = pools.map((each) => each.name).join(', ');
  throw new CliError(`unknown pool "${name}" (pools: ${others})`, EXIT.notFound);
}

type Outputs = Readonly<Record<string, unknown>>;

async function described(stack: string): Promise<Outputs | undefined> {
  const { Stacks: [found] = [] } = await new CloudFormationClient({})
    .send(new DescribeStacksCommand({ StackName: stack }))
    .catch((error: Error) => {
      if (error.message.includes('does not exist')) return { Stacks: [] };
      throw error;
    });
  return (
    found &&
    Object.fromEntries((found.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]))
  );
}

async function written(file: string, stack: string): Promise<Outputs | undefined> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CliError(`${file}: file not found; create it with \`npx cdk deploy --outputs-file ${file}\``);
  });
  const stacks = JSON.parse(text) as Readonly<Record<string, Outputs>>;
  return stacks[stack];
}
