import { setTimeout } from 'node:timers/promises';
import { ChangeMessageVisibilityCommand, MessageNotInflight } from '@aws-sdk/client-sqs';
import { sqsClient } from '../shared/aws/clients.ts';
import { systemClock } from '../shared/aws/clock.ts';
import { type OpenPool, openPool } from '../shared/aws/open-pool.ts';
import { isLive } from '../shared/core/pool/status.ts';
import { closeRecord } from '../shared/runtime/close-record.ts';
import { identified, parseMessage } from '../shared/tasks/message.ts';
import type { LocalStack } from './stack.ts';

const CLOSED_WITHIN_MS = 10_000;
const AGAIN_MS = 100;

/**
 * Returns the task of an agent whose process has died, once the reconciler has closed the agent's record. SQS does so only
 * when the message's visibility timeout is over, which is long for somebody who waits in front of a terminal.
 */
export async function returnTask(
  { emulators }: LocalStack,
  { pool, store, tasks }: OpenPool,
  agentId: string,
): Promise<void> {
  const untilMs = Date.now() + CLOSED_WITHIN_MS;
  for (;;) {
    const agent = await store.instance(agentId);
    if (agent === undefined || !isLive(agent.status)) break;
    if (Date.now() > untilMs) return;
    await setTimeout(AGAIN_MS);
  }
  for (const { message, receiptHandle } of await emulators.inFlight(queueOf(pool.queueUrl))) {
    const parsed = parseMessage(message, pool.name);
    if (parsed.kind !== 'task') continue;
    const task = await tasks.get((await identified(parsed, tasks)).id);
    if (task?.status === 'running' && task.agentId === agentId) await show(pool.queueUrl, receiptHandle);
  }
}

/** Returns what the agents of an earlier stack had, which ended with it: none of its processes is left. */
export async function returnAllTasks({ emulators, outputs }: LocalStack): Promise<void> {
  for (const { name, queueUrl } of outputs.pools) {
    const { store } = openPool(outputs, name);
    const { instances } = await store.instances();
    const open = instances.filter(({ status }) => isLive(status));
    await Promise.all(open.map(({ id }) => closeRecord(store, id, { clock: systemClock })));
    const inFlight = await emulators.inFlight(queueOf(queueUrl));
    await Promise.all(inFlight.map(({ receiptHandle }) => show(queueUrl, receiptHandle)));
  }
}

async function show(queueUrl: string, receiptHandle: string): Promise<void> {
  const toOthers = { QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout: 0 };
  await sqsClient()
    .send(new ChangeMessageVisibilityCommand(toOthers))
    .catch((error: unknown) => {
      // Its timeout has just ended.
      if (!(error instanceof MessageNotInflight)) throw error;
    });
}

function queueOf(queueUrl: string): string {
  return queueUrl.split('/').at(-1) ?? queueUrl;
}
