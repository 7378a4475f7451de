import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { TASK_RECORD_DAYS, type TaskRecord } from '../core/pool/task-record.ts';
import type { AttemptResult, TaskStore } from '../ports/task-store.ts';
import { taskItem } from './dynamo-items.ts';
import { conditionally, expiry, type Item, type Table, updateOf } from './dynamo-table.ts';
import { taskKey } from './keys.ts';

/** The records of a pool's tasks in DynamoDB. */
export function dynamoTaskStore({ dynamo, table }: Table, pool: string): TaskStore {
  const key = (id: string) => taskKey(pool, id);

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
              expiresAt: expiry(sentAtMs, TASK_RECORD_DAYS),
            },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        ),
      );
      return written !== undefined;
    },

    async discard(id) {
      await dynamo.send(new DeleteCommand({ TableName: table, Key: key(id) }));
    },

    get,

    async begin({ id, contextId, sentAtMs }, agentId, nowMs) {
      const hasNotEnded = 'NOT #status IN (:done, :failed)';
      const isUnknown = 'attribute_not_exists(#status)';
      const written = await conditionally(
        dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: key(id),
            UpdateExpression: [
              'SET #status = :running, agentId = :agentId, attemptStartedAtMs = :nowMs',
              'startedAtMs = if_not_exists(startedAtMs, :nowMs), sentAtMs = if_not_exists(sentAtMs, :sentAtMs)',
              'id = :id, expiresAt = :expiresAt',
              contextId === undefined ? '' : 'contextId = :contextId',
            ]
              .filter(Boolean)
              .join(', ')
              .concat(' ADD attempts :one'),
            ConditionExpression: `${isUnknown} OR ${hasNotEnded}`,
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: {
              ':running': 'running',
              ':done': 'done',
              ':failed': 'failed',
              ':agentId': agentId,
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
      if (written) return { kind: 'begun', task: readTask(written.Attributes) };
      const task = await get(id);
      if (!task) throw new Error(`the record of task ${id} vanished while it was begun`);
      return { kind: 'ended', task };
    },

    progress: (id, attempt, progress) => change(id, attempt, { progress }),

    complete: (id, attempt, nowMs, result, traffic) =>
      change(id, attempt, { status: 'done', endedAtMs: nowMs, result, traffic, progress: null }),

    retry: (id, attempt, reason, kind) =>
      change(
        id,
        attempt,
        { status: 'queued', lastFailure: reason, agentId: null },
        kind === 'returned' ? 1 : 0,
      ),

    async fail({ id, contextId, sentAtMs }, nowMs, reason) {
      const update = updateOf({
        id,
        contextId,
        sentAtMs,
        status: 'failed',
        endedAtMs: nowMs,
        reason,
        expiresAt: expiry(nowMs, TASK_RECORD_DAYS),
      });
      await conditionally(
        dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: key(id),
            ...update,
            UpdateExpression: `${update.UpdateExpression} ADD attempts :zero`,
            // What is done stays done.
            ConditionExpression: 'attribute_not_exists(#status) OR #status <> :done',
            ExpressionAttributeValues: { ...update.ExpressionAttributeValues, ':done': 'done', ':zero': 0 },
          }),
        ),
      );
    },
  };

  async function get(id: string): Promise<TaskRecord | undefined> {
    const { Item: item } = await dynamo.send(
      new GetCommand({ TableName: table, Key: key(id), ConsistentRead: true }),
    );
    return item && readTask(item);
  }

  /** Writes only while this attempt is the one that runs. */
  async function change(id: string, attempt: number, changes: Item, returned = 0): Promise<AttemptResult> {
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
    return written ? { kind: 'applied', task: readTask(written.Attributes) } : { kind: 'superseded' };
  }
}

function readTask(item: unknown): TaskRecord {
  return taskItem.parse(item) as TaskRecord;
}
