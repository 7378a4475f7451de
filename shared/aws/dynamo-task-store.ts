import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { cleanText } from '../core/foreign-text.ts';
import { TASK_RECORD_DAYS, type TaskRecord } from '../core/pool/task-record.ts';
import type { Attempt, AttemptResult, TaskStore } from '../ports/task-store.ts';
import { problemsOf } from './dynamo-item-names.ts';
import { conditionally, expiry, type Item, type Table, updateOf } from './dynamo-table.ts';
import { dynamoTaskIndex } from './dynamo-task-index.ts';
import { taskItem } from './dynamo-task-item.ts';
import { failedPartitionOf, OPEN_INDEX, openPartitionOf, taskKey } from './keys.ts';

/** A reason is for people. A stack trace of megabytes would leave no room for the record. */
const REASON_CHARACTERS = 4_000;

/** A task that's done isn't in the index. */
const DONE = { [OPEN_INDEX.partition]: null };

/** The records of a pool's tasks in DynamoDB. */
export function dynamoTaskStore({ dynamo, table }: Table, pool: string): TaskStore {
  const key = (id: string) => taskKey(pool, id);
  const index = dynamoTaskIndex({ dynamo, table }, pool);
  const asFailed = (id: string, nowMs: number, reason: string) => ({
    [OPEN_INDEX.partition]: failedPartitionOf(pool, id),
    status: 'failed',
    endedAtMs: nowMs,
    reason: cleanText(reason, REASON_CHARACTERS),
    expiresAt: expiry(nowMs, TASK_RECORD_DAYS),
  });

  return {
    async create({ id, contextId, sentAtMs }) {
      const written = await conditionally(
        dynamo.send(
          new PutCommand({
            TableName: table,
            Item: {
              ...key(id),
              id,
              contextId,
              sentAtMs,
              attempts: 0,
              status: 'queued',
              [OPEN_INDEX.partition]: openPartitionOf(pool, id),
              expiresAt: expiry(sentAtMs, TASK_RECORD_DAYS),
            },
            ConditionExpression: 'attribute_not_exists(pk) OR lost = :true',
            ExpressionAttributeValues: { ':true': true },
          }),
        ),
      );
      return written !== undefined;
    },

    async discard(id) {
      await conditionally(
        dynamo.send(
          new DeleteCommand({
            TableName: table,
            Key: key(id),
            ConditionExpression: '#status = :queued AND attempts = :zero',
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: { ':queued': 'queued', ':zero': 0 },
          }),
        ),
      );
    },

    get,

    async begin({ id, contextId, sentAtMs }, { agentId, deliveryId, nowMs, takesOver = 0 }) {
      const hasNotEnded = '(NOT #status IN (:done, :failed) OR lost = :true)';
      const isUnknown = 'attribute_not_exists(#status)';
      // The SDK or the agent repeats a write whose response was lost. It must not count twice.
      const isNewDelivery = '(attribute_not_exists(deliveryId) OR deliveryId <> :deliveryId)';
      const isFree = '(#status <> :running OR agentId = :agentId OR attempts = :takesOver)';
      const written = await conditionally(
        dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: key(id),
            UpdateExpression: [
              'SET #status = :running, agentId = :agentId, deliveryId = :deliveryId, attemptStartedAtMs = :nowMs',
              'startedAtMs = if_not_exists(startedAtMs, :nowMs), sentAtMs = if_not_exists(sentAtMs, :sentAtMs)',
              'id = :id, expiresAt = :expiresAt, #openIn = :openIn',
              contextId === undefined ? '' : 'contextId = :contextId',
            ]
              .filter(Boolean)
              .join(', ')
              .concat(' REMOVE lost, endedAtMs, reason ADD attempts :one'),
            ConditionExpression: `${isUnknown} OR (${hasNotEnded} AND ${isNewDelivery} AND ${isFree})`,
            ExpressionAttributeNames: { '#status': 'status', '#openIn': OPEN_INDEX.partition },
            ExpressionAttributeValues: {
              ':openIn': openPartitionOf(pool, id),
              ':true': true,
              ':running': 'running',
              ':done': 'done',
              ':failed': 'failed',
              ':agentId': agentId,
              ':deliveryId': deliveryId,
              ':takesOver': takesOver,
              ':nowMs': nowMs,
              ':sentAtMs': sentAtMs,
              ':id': id,
              ':expiresAt': expiry(nowMs, TASK_RECORD_DAYS),
              ':one': 1,
              ...(contextId !== undefined && { ':contextId': contextId }),
            },
            ReturnValues: 'ALL_NEW',
          }),
        ),
      );
      if (written) return { kind: 'begun', task: readTask(written.Attributes, id) };
      const item = await read(id);
      if (!item) throw new Error(`the record of task ${id} vanished while its attempt began`);
      const task = readTask(item, id);
      if (task.status === 'done' || task.status === 'failed') return { kind: 'ended', task };
      if (item['deliveryId'] === deliveryId) return { kind: 'begun', task };
      if (task.status === 'running') return { kind: 'running', task };
      // Its attempt ended between the two calls. SQS redelivers the message.
      throw new Error(`another delivery of task ${id} ended while this one began`);
    },

    open: async (which, atMost) => readAll(await index.open(which, atMost)),
    failed: async (atMost) => readAll(await index.failed(atMost)),

    async lose({ id, status, attempts }, nowMs, reason) {
      const update = updateOf({
        ...asFailed(id, nowMs, reason),
        lost: true,
      });
      const written = await conditionally(
        dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: key(id),
            ...update,
            ConditionExpression: '#status = :before AND attempts = :attempts',
            ExpressionAttributeValues: {
              ...update.ExpressionAttributeValues,
              ':before': status,
              ':attempts': attempts,
            },
          }),
        ),
      );
      return written !== undefined;
    },

    async cancel(id, nowMs, reason) {
      const update = updateOf({
        ...asFailed(id, nowMs, reason),
        cancelled: true,
        progress: null,
      });
      const before = await conditionally(
        dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: key(id),
            ...update,
            ConditionExpression: '#status IN (:queued, :running)',
            ExpressionAttributeValues: {
              ...update.ExpressionAttributeValues,
              ':queued': 'queued',
              ':running': 'running',
            },
            ReturnValues: 'ALL_OLD',
          }),
        ),
      );
      if (!before) return { kind: (await read(id)) ? 'ended' : 'unknown' };
      const task = readTask(before.Attributes, id);
      return { kind: 'cancelled', ...(task.status === 'running' && { agentId: task.agentId }) };
    },

    progress: (attempt, progress) => change(attempt, { progress }),

    complete: (attempt, { nowMs, result, traffic }) =>
      change(attempt, { ...DONE, status: 'done', endedAtMs: nowMs, result, traffic, progress: null }),

    retry: (attempt, { kind, reason }) =>
      change(
        attempt,
        { status: 'queued', lastFailure: cleanText(reason, REASON_CHARACTERS), agentId: null },
        kind === 'returned' ? 1 : 0,
      ),

    async fail({ id, contextId, sentAtMs }, nowMs, reason) {
      const update = updateOf({
        ...asFailed(id, nowMs, reason),
        lost: null,
        id,
        contextId,
        sentAtMs,
      });
      await conditionally(
        dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: key(id),
            ...update,
            UpdateExpression: `${update.UpdateExpression} ADD attempts :zero`,
            // A done task stays done, and a cancelled one cancelled.
            ConditionExpression:
              'attribute_not_exists(#status) OR (#status <> :done AND attribute_not_exists(cancelled))',
            ExpressionAttributeValues: { ...update.ExpressionAttributeValues, ':done': 'done', ':zero': 0 },
          }),
        ),
      );
    },
  };

  async function get(id: string): Promise<TaskRecord | undefined> {
    const item = await read(id);
    return item && readTask(item, id);
  }

  /** A record of another shape must not keep the others from being found. */
  async function readAll(ids: readonly string[]): Promise<readonly TaskRecord[]> {
    const items = await Promise.all(ids.map(read));
    return items.flatMap((item) => (taskItem.safeParse(item).data as TaskRecord | undefined) ?? []);
  }

  async function read(id: string): Promise<Item | undefined> {
    const { Item: item } = await dynamo.send(
      new GetCommand({ TableName: table, Key: key(id), ConsistentRead: true }),
    );
    return item;
  }

  /** Writes only while this attempt is the one running. */
  async function change({ id, attempt }: Attempt, changes: Item, returned = 0): Promise<AttemptResult> {
    const update = updateOf(changes);
    const isRunning = '#status = :running';
    const isThisAttempt = 'attempts = :attempt';
    const written = await conditionally(
      dynamo.send(
        new UpdateCommand({
          TableName: table,
          Key: key(id),
          ...update,
          UpdateExpression: `${update.UpdateExpression} ADD returned :returned`,
          ConditionExpression: `${isRunning} AND ${isThisAttempt}`,
          ExpressionAttributeNames: { ...update.ExpressionAttributeNames, '#status': 'status' },
          ExpressionAttributeValues: {
            ...update.ExpressionAttributeValues,
            ':running': 'running',
            ':attempt': attempt,
            ':returned': returned,
          },
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return written ? { kind: 'applied', task: readTask(written.Attributes, id) } : { kind: 'superseded' };
  }
}

/** @throws Error that names the task, and what is wrong with its record. */
function readTask(item: Item | undefined, id: string): TaskRecord {
  const parsed = taskItem.safeParse(item);
  if (parsed.success) return parsed.data as TaskRecord;
  throw new Error(`the record of task ${id} cannot be read: ${problemsOf(parsed.error)}`);
}
