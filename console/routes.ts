import * as z from 'zod';
import { POLICY_NAMES } from '../shared/core/pool/config.ts';
import { SETTABLE } from '../shared/core/pool/settings.ts';
import { NAMESPACE, POOL_DIMENSION, STACK_DIMENSION } from '../shared/telemetry/metrics.ts';
import { keyOf, type MetricSpec } from './dashboard.ts';
import type { TimeRange } from './lanes.ts';
import { poolHistory } from './pool-history.ts';
import type { LastHour, Points, Source } from './source.ts';
import { TASK_STATUSES } from './tasks.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A decision that's linked to by about its time is searched for this far back. An idle pool has one a minute. */
const SEARCH_BACK_MS = 5 * 60_000;
/** Most decisions of a period that are searched: those of an hour, at a tick a second. */
const SEARCHED = 3_600;

type Query = (name: string) => string | undefined;
type Route = (source: Source, query: Query) => Promise<unknown>;

const time = z.coerce.number().int().min(0).max(1e15);
const taskQuery = z.object({
  pool: z.string().optional(),
  status: z.enum(TASK_STATUSES).optional(),
  text: z.string().optional(),
});

/** What the page reads, by path. An answer of undefined is sent as null. @throws ZodError for an invalid query. */
export const ROUTES: Readonly<Record<string, Route>> = {
  async '/api/setup'(source) {
    const { stack, pools, traces, controls } = source;
    return {
      stack,
      pools: pools.map(({ name }) => name),
      traces,
      controls: controls && { bursts: controls.bursts, replaying: controls.replaying },
    };
  },
  '/api/dashboards': (source) => source.dashboards(),
  async '/api/points'(source) {
    return rounded(await source.points(Date.now() - DAY_MS));
  },
  '/api/overview': lastHour,
  '/api/history': (source, query) => poolHistory(source, nameIn(query), rangeIn(query)),
  '/api/lanes': (source, query) => source.lanes(nameIn(query), rangeIn(query)),
  async '/api/decision'(source, query) {
    const toMs = time.parse(query('at'));
    const within = query('within');
    const fromMs = toMs - (within === undefined ? SEARCH_BACK_MS : time.parse(within));
    const found = await source.decisions(
      nameIn(query),
      { fromMs, toMs },
      within === undefined ? 1 : SEARCHED,
    );
    // Of a period, the last decision that changed something.
    return found.find(({ kind }) => within !== undefined && kind !== 'hold') ?? found[0];
  },
  '/api/tasks': (source, query) =>
    source.tasks(taskQuery.parse({ pool: query('pool'), status: query('status'), text: query('text') })),
  '/api/task': (source, query) => source.task(query('id') ?? ''),
  async '/api/backtest-input'(source, query) {
    const input = await source.backtestInput(nameIn(query), time.parse(query('since')));
    return (
      input && {
        ...input,
        settings: Object.fromEntries(SETTABLE.map((field) => [field, input.config[field]])),
        policyNames: POLICY_NAMES,
        arrivals: input.arrivals.length,
        lastAtSeconds: input.arrivals.at(-1)?.atSeconds ?? 0,
      }
    );
  },
};

/** Of each pool, by minute of the last hour: how many tasks were queued, and how long 95 % of those that started waited. */
async function lastHour(source: Source): Promise<Readonly<Record<string, LastHour>>> {
  const specOf = (pool: string, metric: string, stat: string): MetricSpec => ({
    namespace: NAMESPACE,
    metric,
    dimensions: { [STACK_DIMENSION]: source.metricStack, [POOL_DIMENSION]: pool },
    stat,
    perSecond: false,
  });
  const specs = source.pools.map(({ name }) => ({
    name,
    queued: specOf(name, 'QueueDepth', 'Maximum'),
    wait: specOf(name, 'TaskQueueTime', 'p95'),
  }));
  const toMs = Date.now();
  const points = await source.series(
    specs.flatMap(({ queued, wait }) => [queued, wait]),
    { fromMs: toMs - HOUR_MS, toMs },
    60,
  );
  const of = (spec: MetricSpec) => points[keyOf(spec)] ?? [];
  return Object.fromEntries(
    specs.map(({ name, queued, wait }) => [name, { queued: of(queued), wait: of(wait) }]),
  );
}

function nameIn(query: Query): string {
  return query('pool') ?? '';
}

function rangeIn(query: Query): TimeRange {
  return { fromMs: time.parse(query('from')), toMs: time.parse(query('to')) };
}

/** Rounds values to five digits: graphs need no more, and a day of points is large. */
function rounded(points: Points): Points {
  const entries = Object.entries(points).map(([key, of]) => [
    key,
    of.map(([seconds, value]) => [seconds, Number(value.toPrecision(5))] as const),
  ]);
  return Object.fromEntries(entries);
}
