import {
  BatchWriteCommand,
  GetCommand,
  PutCommand,
  paginateQuery,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { AgentInstance } from '../core/pool/agent-instance.ts';
import { CLOCK_SKEW_MS, type Lease } from '../core/pool/state.ts';
import { BY_OTHERS, LIVE_STATUSES, type Status, TRANSITIONS } from '../core/pool/status.ts';
import type { PoolStore, UnreadableRecord } from '../ports/pool-store.ts';
import { problemsOf } from './dynamo-item-names.ts';
import { parseAgent, parseState } from './dynamo-items.ts';
import { conditionally, type Item, type Table, updateOf } from './dynamo-table.ts';
import { AGENT_PREFIX, agentKey, PARTITIONS, stateKey } from './keys.ts';
import { packMinutes } from './minutes-codec.ts';
import { packJson } from './packed-json.ts';

/** The records of one pool in DynamoDB. All reads are strongly consistent and read every page. */
export function dynamoPoolStore({ dynamo, table }: Table, pool: string): PoolStore {
  const pk = PARTITIONS.agents(pool);

  return {
    async acquireLease(holder, nowMs, durationMs) {
      const isFree = 'attribute_not_exists(untilMs)';
      const isMine = 'holder = :holder';
      const hasExpired = 'untilMs < :expired';
      const written = await conditionally(
        dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: stateKey(pool),
            UpdateExpression: 'SET holder = :holder, untilMs = :untilMs ADD fence :one',
            ConditionExpression: [isFree, isMine, hasExpired].join(' OR '),
            ExpressionAttributeValues: {
              ':holder': holder,
              ':untilMs': nowMs + durationMs,
              ':expired': nowMs - CLOCK_SKEW_MS,
              ':one': 1,
            },
            ReturnValues: 'ALL_NEW',
          }),
        ),
      );
      if (written) return { kind: 'held', ...parseState(written.Attributes) };
      const { Item: item } = await dynamo.send(
        new GetCommand({ TableName: table, Key: stateKey(pool), ConsistentRead: true }),
      );
      const { lease } = parseState(item);
      return { kind: 'taken', holder: lease.holder, untilMs: lease.untilMs };
    },

    async releaseLease(lease) {
      await conditionally(
        dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: stateKey(pool),
            UpdateExpression: 'SET untilMs = :zero',
            ...ifFence(lease, { ':zero': 0 }),
          }),
        ),
      );
    },

    async saveState(lease, { forecast, ...state }) {
      // Removes the fields that the state no longer has.
      const { UpdateExpression, ExpressionAttributeNames, ExpressionAttributeValues } = updateOf({
        ...OPTIONAL,
        ...state,
        ...(forecast && { forecast: packJson(forecast) }),
      });
      const written = await conditionally(
        dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: stateKey(pool),
            UpdateExpression,
            ExpressionAttributeNames,
            ...ifFence(lease, ExpressionAttributeValues),
          }),
        ),
      );
      return written !== undefined;
    },

    async instances() {
      const instances: AgentInstance[] = [];
      const unreadable: UnreadableRecord[] = [];
      for (const item of await agentItems()) {
        const parsed = parseAgent(item);
        if (parsed.success) instances.push(parsed.data);
        else unreadable.push({ key: `${pk}/${item['sk']}`, reason: problemsOf(parsed.error) });
      }
      return { instances, unreadable };
    },

    async instance(id) {
      const { Item: item } = await dynamo.send(
        new GetCommand({ TableName: table, Key: agentKey(pool, id), ConsistentRead: true }),
      );
      return item && readAgent(item);
    },

    async register({ pool: _, id, minutes, ...fields }) {
      const isNew = 'attribute_not_exists(pk)';
      const isThisVeryWrite = '(#status = :starting AND launchedAtMs = :launchedAtMs)';
      const written = await conditionally(
        dynamo.send(
          new PutCommand({
            TableName: table,
            Item: { ...agentKey(pool, id), ...fields, minutes: packMinutes(minutes) },
            // A write whose response was lost is repeated.
            ConditionExpression: `${isNew} OR ${isThisVeryWrite}`,
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: { ':starting': 'starting', ':launchedAtMs': fields.launchedAtMs },
          }),
        ),
      );
      if (!written) throw new Error(`agent ${id} has been registered before, and an agent never comes back`);
    },

    async transition(id, event, { nowMs, changes = {}, ifHeartbeatAtMs, unless }) {
      const { from, to } = TRANSITIONS[event];
      const isAllowed = statusIn(from);
      const isUnchanged = ifHeartbeatAtMs === undefined ? '' : ' AND heartbeatAtMs = :ifHeartbeatAtMs';
      const isWithout = unless === undefined ? '' : ` AND attribute_not_exists(${unless})`;
      const { minutes, ...rest } = changes;
      const update = updateOf({
        ...rest,
        ...(minutes && { minutes: packMinutes(minutes) }),
        status: to,
        statusSinceMs: nowMs,
        // Only the agent's own writes show that it's alive.
        ...(!BY_OTHERS.includes(event) && { heartbeatAtMs: nowMs }),
      });
      const written = await conditionally(
        dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: agentKey(pool, id),
            ...update,
            ConditionExpression: isAllowed.condition + isUnchanged + isWithout,
            ExpressionAttributeValues: {
              ...update.ExpressionAttributeValues,
              ...isAllowed.values,
              ...(ifHeartbeatAtMs !== undefined && { ':ifHeartbeatAtMs': ifHeartbeatAtMs }),
            },
            ReturnValues: 'ALL_NEW',
          }),
        ),
      );
      if (!written) return { kind: 'refused' };
      return { kind: 'applied', instance: readAgent(written.Attributes) };
    },

    async heartbeat(id, nowMs, changes = {}) {
      const { minutes, ...rest } = changes;
      const written = await updateIf(id, LIVE_STATUSES, {
        ...rest,
        ...(minutes && { minutes: packMinutes(minutes) }),
        heartbeatAtMs: nowMs,
      });
      return written && readAgent(written.Attributes);
    },

    async setSlots(id, slots) {
      // An agent of an earlier version has none on record, and works on one task whatever its record says.
      await updateIf(id, LIVE_STATUSES, { slots }, ' AND attribute_exists(slots)');
    },

    async cancel(id, taskId) {
      await conditionally(
        dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: agentKey(pool, id),
            UpdateExpression: 'ADD cancelledTasks :taskIds',
            ConditionExpression: 'attribute_exists(tasks.#taskId)',
            ExpressionAttributeNames: { '#taskId': taskId },
            ExpressionAttributeValues: { ':taskIds': new Set([taskId]) },
          }),
        ),
      );
    },

    async forget(ids) {
      if (ids.length === 0) return;
      // The next tick deletes what DynamoDB leaves unprocessed.
      await dynamo.send(
        new BatchWriteCommand({
          RequestItems: { [table]: ids.map((id) => ({ DeleteRequest: { Key: agentKey(pool, id) } })) },
        }),
      );
    },
  };

  /** Changes an agent's record if it has one of these statuses. */
  function updateIf(id: string, statuses: readonly Status[], changes: Item, andIf = '') {
    const isAllowed = statusIn(statuses);
    const update = updateOf(changes);
    return conditionally(
      dynamo.send(
        new UpdateCommand({
          TableName: table,
          Key: agentKey(pool, id),
          ...update,
          ConditionExpression: isAllowed.condition + andIf,
          ExpressionAttributeNames: { ...update.ExpressionAttributeNames, '#status': 'status' },
          ExpressionAttributeValues: { ...update.ExpressionAttributeValues, ...isAllowed.values },
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
  }

  /** Every page. */
  async function agentItems(): Promise<readonly Item[]> {
    const query = {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :agent)',
      ExpressionAttributeValues: { ':pk': pk, ':agent': AGENT_PREFIX },
    };
    const pages = await Array.fromAsync(paginateQuery({ client: dynamo }, query), ({ Items = [] }) => Items);
    return pages.flat();
  }
}

/** Fields of the state that come and go. */
const OPTIONAL = { blocked: null, overdue: null, forecast: null, limitClaims: null };

/** The condition that no other scaler has taken over since, whatever its clock says. */
function ifFence(lease: Lease, values: Item) {
  return {
    ConditionExpression: 'fence = :fence',
    ExpressionAttributeValues: { ...values, ':fence': lease.fence },
  };
}

function statusIn(statuses: readonly Status[]): { readonly condition: string; readonly values: Item } {
  const names = statuses.map((_, index) => `:from${index}`);
  return {
    condition: `#status IN (${names.join(', ')})`,
    values: Object.fromEntries(statuses.map((status, index) => [`:from${index}`, status])),
  };
}

function readAgent(item: unknown): AgentInstance {
  const parsed = parseAgent(item);
  if (!parsed.success) throw parsed.error;
  return parsed.data;
}
