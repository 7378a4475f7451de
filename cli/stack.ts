import { readFile } from 'node:fs/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { Options } from 'yargs';
import { type OpenPool, openPool } from '../shared/aws/open-pool.ts';
import { parseStackOutputs, type StackOutputs } from '../shared/aws/stack-outputs.ts';
import { CliError, EXIT } from './answer.ts';

/** Which stack, and with whose credentials. */
export const STACK_OPTIONS = {
  stack: {
    type: 'string',
    default: process.env['AGENTPOOL_STACK'] ?? 'Agentpool',
    describe: 'name of the stack (or AGENTPOOL_STACK)',
  },
  outputs: {
    type: 'string',
    default: process.env['AGENTPOOL_OUTPUTS'],
    defaultDescription: 'AGENTPOOL_OUTPUTS',
    describe: 'its outputs, as `cdk deploy --outputs-file` writes them, instead of asking CloudFormation',
  },
  profile: { type: 'string', describe: 'AWS profile' },
  region: { type: 'string', describe: 'AWS region' },
} as const satisfies Readonly<Record<string, Options>>;

export type StackOptions = {
  readonly stack: string;
  readonly outputs?: string | undefined;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
};

/** The SDK reads these from its environment, when a client is made. */
export function useAccount({ profile, region }: StackOptions): void {
  if (profile !== undefined) process.env['AWS_PROFILE'] = profile;
  if (region !== undefined) process.env['AWS_REGION'] = region;
}

/** Where everything of a stack is. @throws CliError that says what to do when there is none. */
export async function findStack({ stack, outputs }: StackOptions): Promise<StackOutputs> {
  const found = outputs === undefined ? await described(stack) : await written(outputs, stack);
  if (found === undefined) {
    throw new CliError(
      `${outputs ?? 'this account and region'} has no stack "${stack}": name it with --stack, its region with --region, and the account with --profile`,
      EXIT.notFound,
    );
  }
  try {
    return parseStackOutputs(found);
  } catch {
    throw new CliError(
      `stack "${stack}" is none of agentpool: its outputs do not tell where anything is`,
      EXIT.notFound,
    );
  }
}

/** Everything of one pool. @throws CliError naming the pools that there are. */
export async function findPool(options: StackOptions, name: string) {
  const stack = await findStack(options);
  poolNamed(stack, name);
  return openPool(stack, name);
}

/** One pool, or all. @throws CliError naming the pools that there are. */
export async function findPools(options: StackOptions, name: string | undefined) {
  const stack = await findStack(options);
  const pools = name === undefined ? stack.pools : [poolNamed(stack, name)];
  return pools.map((pool) => openPool(stack, pool.name));
}

export type { OpenPool };

function poolNamed({ pools }: StackOutputs, name: string): StackOutputs['pools'][number] {
  const pool = pools.find((each) => each.name === name);
  if (pool) return pool;
  const others = pools.map((each) => each.name).join(', ');
  throw new CliError(`the stack has no pool "${name}", but ${others}`, EXIT.notFound);
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
    throw new CliError(`${file}: there is no such file; \`npx cdk deploy --outputs-file ${file}\` writes it`);
  });
  const stacks = JSON.parse(text) as Readonly<Record<string, Outputs>>;
  return stacks[stack];
}
