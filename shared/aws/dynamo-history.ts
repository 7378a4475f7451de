import { paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { HistoryDay, HistoryMinute } from '../core/pool/history.ts';
import type { Clock } from '../ports/clock.ts';
import type { HistoryReader, PoolHistory } from '../ports/pool-history.ts';
import type { Table } from './dynamo-table.ts';
import { dayKey, historyKey, PARTITIONS } from './keys.ts';

const DAY_MINUTES = 1440;
const KEPT_DAYS = 60;
/** Past days don't change and no season reads today's, so readings may be an hour old. */
const FRESH_MS = 3_600_000;

/**
 * A pool's history in DynamoDB: one item per UTC day. Its attributes `m0` to `m1439` hold three numbers per minute:
 * arrivals, completed tasks and the sum of their durations in milliseconds.
 */
export function dynamoHistory(
  { dynamo, table }: Table,
  pool: string,
  clock: Clock,
): PoolHistory & HistoryReader {
  const pk = PARTITIONS.history(pool);
  let read: { readonly atMs: number; readonly days: readonly HistoryDay[] } | undefined;

  return {
    async add(minutes) {
      for (const [day, ofDay] of Map.groupBy(minutes, ({ minute }) => Math.floor(minute / DAY_MINUTES))) {
        const names = ofDay.map(({ minute }) => `m${minute % DAY_MINUTES}`);
        await dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: historyKey(pool, day),
            UpdateExpression: `SET ${names.map((name) => `${name} = :${name}`).join(', ')}, expiresAt = :expiresAt`,
            ExpressionAttributeValues: {
              ':expiresAt': (day + KEPT_DAYS) * 86_400,
              ...Object.fromEntries(ofDay.map((minute, index) => [`:${names[index]}`, counts(minute)])),
            },
          }),
        );
      }
    },

    async days(sinceDay) {
      if (read === undefined || clock.now() - read.atMs > FRESH_MS) {
        read = { atMs: clock.now(), days: await Array.fromAsync(daysFrom(sinceDay), arrivalsOf) };
      }
      return read.days;
    },

    async *minutes(sinceMinute) {
      for await (const { minutes } of daysFrom(Math.floor(sinceMinute / DAY_MINUTES)))
        yield* minutes.filter(({ minute }) => minute >= sinceMinute);
    },
  };

  async function* daysFrom(sinceDay: number): AsyncIterable<Day> {
    const query = {
      TableName: table,
      KeyConditionExpression: 'pk = :pk AND sk >= :sk',
      ExpressionAttributeValues: { ':pk': pk, ':sk': dayKey(sinceDay) },
    };
    for await (const { Items = [] } of paginateQuery({ client: dynamo }, query))
      for (const item of Items) yield parseDay(item);
  }
}

function counts({ arrivals, completed, durationMs }: HistoryMinute): readonly number[] {
  return [arrivals, completed, durationMs];
}

const dayItem = z.object({ sk: z.string() }).catchall(z.unknown());
const minuteCounts = z.tuple([z.number(), z.number(), z.number()]);

type Day = { readonly day: number; readonly minutes: readonly HistoryMinute[] };

function parseDay(item: unknown): Day {
  const { sk, ...attributes } = dayItem.parse(item);
  const day = Date.parse(`${sk}T00:00Z`) / 86_400_000;
  const minutes = Object.entries(attributes).flatMap(([name, value]) => {
    const parsed = minuteCounts.safeParse(value);
    if (!parsed.success) return [];
    const [arrivals, completed, durationMs] = parsed.data;
    return [{ minute: day * DAY_MINUTES + Number(name.slice(1)), arrivals, completed, durationMs }];
  });
  return { day, minutes: minutes.toSorted((a, b) => a.minute - b.minute) };
}

function arrivalsOf({ day, minutes }: Day): HistoryDay {
  const arrivals: (number | undefined)[] = new Array<number | undefined>(DAY_MINUTES).fill(undefined);
  for (const { minute, arrivals: count } of minutes) arrivals[minute % DAY_MINUTES] = count;
  return { day, arrivals };
}
