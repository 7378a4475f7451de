import { parseArgs } from 'node:util';
import { awsTaskClient } from '../shared/aws/task-client.ts';
import { ConfigError } from '../shared/pool/config.ts';
import { findPool, findStack, STACK_OPTIONS } from './stack.ts';

export const SEND_USAGE =
  'agentpool send POOL JSON [--context ID] [--wait SECONDS]   sends a task and waits for its result (default 600)';

/**
 * Sends one task, prints its id on standard error and its result as JSON on standard output.
 * @throws Error when it fails or does not end in time.
 */
export async function sendCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...STACK_OPTIONS, context: { type: 'string' }, wait: { type: 'string', default: '600' } },
  });
  const [pool, json, ...more] = positionals;
  const seconds = Number(values.wait);
  if (pool === undefined || json === undefined || more.length > 0 || !(seconds >= 0)) {
    throw new Error(`usage: ${SEND_USAGE}`);
  }
  const stack = await findStack(values);
  const { queueUrl } = findPool(stack, pool);
  const client = awsTaskClient({ pool, queueUrl, tableName: stack.TableName, bucketName: stack.BucketName });
  const contextId = values.context;
  const id = await client.sendTask({ payload: parsed(json), ...(contextId !== undefined && { contextId }) });
  console.error(`sent ${id}`);
  const task = await client.waitForTask(id, seconds * 1000);
  if (task.status === 'failed') throw new Error(`task ${id} failed: ${task.reason}`);
  if (task.status === 'done') console.log(JSON.stringify(task.result, null, 2));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new ConfigError(`got ${json}, allowed: JSON, such as '{"question":"Where is my order?"}'`);
  }
}
