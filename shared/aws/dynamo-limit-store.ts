import { BatchGetCommand, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { fullLine, type LeaseRequest, type LimitState, type LimitStore } from '../ports/limit-store.ts';
import { conditionally, expiry, type Table } from './dynamo-table.ts';
import { limitKey } from './keys.ts';

/** An idle limit has nothing to remember, and a limit is never closed for longer than a day. */
const KEPT_DAYS = 2;
/** Between a failed write and the next one, others may start or end the line. More than twice in a row is unlikely. */
const WRITES_AT_MOST = 4;
/** When to come back to a limit that changed before every write. */
const CONTENDED_MS = 1_000;

const limitItem = z.object({ pk: z.string(), freeAtMs: z.number(), closedUntilMs: z.number().optional() });

/** A limit's line, when a lease is added to it: it starts one, or joins one. */
type Line = 'none' | 'some';

/** The limits in DynamoDB, one item each. DynamoDB's expressions have no maximum, so a lease is one of two writes. */
export function dynamoLimitStore({ dynamo, table }: Table): LimitStore {
  /** What the latest lease of each limit found. The next one most likely finds the same. */
  const lines = new Map<string, Line>();

  async function joinLine(name: string, { ms, nowMs, atMostAheadMs }: LeaseRequest) {
    const isInUse = 'freeAtMs > :now';
    const isShort = 'freeAtMs <= :latest';
    const written = await update(name, nowMs, {
      set: 'freeAtMs = freeAtMs + :ms',
      condition: `${isInUse} AND ${isShort}`,
      values: { ':ms': ms, ':now': nowMs, ':latest': nowMs + atMostAheadMs },
    });
    return written && written.freeAtMs - ms;
  }

  async function startLine(name: string, { ms, nowMs }: LeaseRequest) {
    const isNew = 'attribute_not_exists(freeAtMs)';
    const isFree = 'freeAtMs <= :now';
    const written = await update(name, nowMs, {
      set: 'freeAtMs = :end',
      condition: `${isNew} OR ${isFree}`,
      values: { ':end': nowMs + ms, ':now': nowMs },
    });
    return written && nowMs;
  }

  return {
    async reserve(name, lease) {
      const { nowMs, atMostAheadMs } = lease;
      for (let writes = 0; writes < WRITES_AT_MOST; writes++) {
        const reserve = lines.get(name) === 'some' ? joinLine : startLine;
        const startsAtMs = await reserve(name, lease);
        if (startsAtMs !== undefined) return { kind: 'reserved', startsAtMs };
        const state = await stateOf(name);
        lines.set(name, state.freeAtMs > nowMs ? 'some' : 'none');
        if (state.freeAtMs > nowMs + atMostAheadMs) return fullLine(state, atMostAheadMs);
      }
      return { kind: 'full', againAtMs: nowMs + CONTENDED_MS, freeAtMs: nowMs + CONTENDED_MS };
    },

    async close(name, untilMs) {
      const values = { ':until': untilMs };
      const closed = await update(name, untilMs, {
        set: 'freeAtMs = :until, closedUntilMs = :until',
        condition: 'attribute_not_exists(freeAtMs) OR freeAtMs < :until',
        values,
      });
      if (closed) return;
      // It's leased for longer. That it was refused is still worth knowing.
      await update(name, untilMs, {
        set: 'closedUntilMs = :until',
        condition: 'attribute_not_exists(closedUntilMs) OR closedUntilMs < :until',
        values,
      });
    },

    async read(names) {
      if (names.length === 0) return new Map();
      const keys = names.map(limitKey);
      const { Responses, UnprocessedKeys } = await dynamo.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }),
      );
      if (UnprocessedKeys?.[table]) throw new Error('DynamoDB did not read every limit');
      const states = new Map((Responses?.[table] ?? []).map((item) => [item['pk'], parseState(item)]));
      return new Map(
        names.flatMap((name) => {
          const state = states.get(limitKey(name).pk);
          return state ? [[name, state] as const] : [];
        }),
      );
    },
  };

  async function update(
    name: string,
    atMs: number,
    {
      set,
      condition,
      values,
    }: {
      readonly set: string;
      readonly condition: string;
      readonly values: Readonly<Record<string, number>>;
    },
  ): Promise<LimitState | undefined> {
    const written = await conditionally(
      dynamo.send(
        new UpdateCommand({
          TableName: table,
          Key: limitKey(name),
          UpdateExpression: `SET ${set}, expiresAt = :expiresAt`,
          ConditionExpression: condition,
          ExpressionAttributeValues: { ...values, ':expiresAt': expiry(atMs, KEPT_DAYS) },
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return written && parseState(written.Attributes);
  }

  async function stateOf(name: string): Promise<LimitState> {
    const { Item: item } = await dynamo.send(
      new GetCommand({ TableName: table, Key: limitKey(name), ConsistentRead: true }),
    );
    return item ? parseState(item) : { freeAtMs: 0 };
  }
}

function parseState(item: unknown): LimitState {
  const { freeAtMs, closedUntilMs } = limitItem.parse(item);
  return { freeAtMs, ...(closedUntilMs !== undefined && { closedUntilMs }) };
}
