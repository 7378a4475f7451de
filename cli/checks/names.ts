import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetQueueUrlCommand, QueueDoesNotExist } from '@aws-sdk/client-sqs';
import { sqsClient } from '../../shared/aws/clients.ts';
import { prefixOfStack, queueName } from '../../shared/aws/resource-names.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { checked } from './finding.ts';

/** A new stack fails when something has the name of one of its queues already: another stack, or one that was retained. */
export function checkNames(stack: string, pools: readonly PoolConfig[]) {
  return checked('names', async () => {
    if (await isDeployed(stack)) return { verdict: 'good', text: `stack ${stack} is deployed` };
    const names = pools.map((pool) => queueName(prefixOfStack(stack), pool));
    const taken = await Promise.all(names.map(async (name) => ((await isTaken(name)) ? [name] : [])));
    if (taken.flat().length === 0)
      return { verdict: 'good', text: `nothing has the names of stack ${stack} yet` };
    const text = `there are queues named ${taken.flat().join(', ')} already: delete them, or choose another name with -c stack=…`;
    return { verdict: 'bad', text };
  });
}

async function isDeployed(stack: string): Promise<boolean> {
  try {
    await new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName: stack }));
    return true;
  } catch (error) {
    if ((error as Error).message.includes('does not exist')) return false;
    throw error;
  }
}

async function isTaken(queue: string): Promise<boolean> {
  try {
    await sqsClient().send(new GetQueueUrlCommand({ QueueName: queue }));
    return true;
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return false;
    throw error;
  }
}
