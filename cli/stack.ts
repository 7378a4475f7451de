import { readFile } from 'node:fs/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { parseStackOutputs, type StackOutputs } from '../shared/aws/stack-outputs.ts';

/** Options of commands that work on a deployed stack, for `parseArgs`. */
export const STACK_OPTIONS = {
  stack: { type: 'string', default: 'Agentpool' },
  outputs: { type: 'string' },
} as const;

export const STACK_USAGE =
  '--stack NAME (default Agentpool), or --outputs FILE as `cdk deploy --outputs-file` writes it';

type Options = { readonly stack: string; readonly outputs?: string | undefined };

/** Where everything of a stack is. @throws Error that says what to do when there is none. */
export async function findStack({ stack, outputs }: Options): Promise<StackOutputs> {
  const found = outputs === undefined ? await described(stack) : await written(outputs, stack);
  const parsed = found && parseStackOutputs(found);
  if (parsed === undefined) {
    throw new Error(`${outputs ?? 'this account and region'} has no stack "${stack}": is it the right one?`);
  }
  return parsed;
}

/** The part of a stack that belongs to a pool. @throws Error naming the pools that there are. */
export function findPool({ Pools: pools }: StackOutputs, name: string): StackOutputs['Pools'][number] {
  const pool = pools.find((each) => each.name === name);
  if (pool) return pool;
  throw new Error(`the stack has no pool "${name}", but ${pools.map((each) => each.name).join(', ')}`);
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
  const stacks = JSON.parse(await readFile(file, 'utf8')) as Readonly<Record<string, Outputs>>;
  return stacks[stack];
}
