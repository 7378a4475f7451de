import { NAMESPACE, POOL_DIMENSION, STACK_DIMENSION } from '../shared/telemetry/metrics.ts';
import { keyOf, type MetricSpec } from './dashboard.ts';
import type { TimeRange } from './lanes.ts';
import type { Point, Source } from './source.ts';
import { TICK_METRICS, type Tick, tickOf, ticksOfMetrics } from './ticks.ts';

/** What happened in a pool over a range. */
export type PoolHistory = {
  readonly ticks: readonly Tick[];
  /** Seconds that 95 % of the tasks which started waited at most, and the age of the oldest task in the queue. */
  readonly wait: readonly Point[];
  readonly age: readonly Point[];
  /** The keys of both, by which later points come. */
  readonly keys: { readonly wait: string; readonly age: string };
};

/** Up to here, every tick is read. Beyond, metrics are: a day of ticks has as many decisions as a screen has pixels. */
const TICKS_MS = 3 * 3_600_000;
const TICKS_AT_MOST = 6_000;
/** Points on a lane. */
const POINTS = 700;
/** Periods that CloudWatch aggregates to. */
const PERIODS = [60, 300, 900, 3600] as const;

export async function poolHistory(source: Source, name: string, range: TimeRange): Promise<PoolHistory> {
  const pool = source.pools.find((each) => each.name === name);
  if (!pool) throw new Error(`unknown pool "${name}"`);
  const spanMs = range.toMs - range.fromMs;
  const period = PERIODS.find((seconds) => spanMs / 1000 / seconds <= POINTS) ?? 3600;
  const dimensions = { [STACK_DIMENSION]: source.metricStack, [POOL_DIMENSION]: name };
  const own = ([metric, stat]: readonly [metric: string, stat: string]): MetricSpec => ({
    namespace: NAMESPACE,
    metric,
    dimensions,
    stat,
    perSecond: false,
  });
  const wait = own(['TaskQueueTime', 'p95']);
  const age: MetricSpec = {
    namespace: 'AWS/SQS',
    metric: 'ApproximateAgeOfOldestMessage',
    dimensions: { QueueName: pool.queueName },
    stat: 'Maximum',
    perSecond: false,
  };
  const names = Object.keys(TICK_METRICS) as (keyof typeof TICK_METRICS)[];
  const isLong = spanMs > TICKS_MS;
  const ofTicks = isLong ? names.map((each) => own(TICK_METRICS[each])) : [];
  const [points, decisions] = await Promise.all([
    source.series([wait, age, ...ofTicks], range, period),
    isLong ? [] : source.decisions(name, range, TICKS_AT_MOST),
  ]);
  const of = (spec: MetricSpec) => points[keyOf(spec)] ?? [];
  const rows = () =>
    Object.fromEntries(names.map((each, index) => [each, new Map(of(ofTicks[index] as MetricSpec))]));
  return {
    ticks: isLong ? ticksOfMetrics(rows() as never, period) : decisions.map(tickOf).toReversed(),
    wait: of(wait),
    age: of(age),
    keys: { wait: keyOf(wait), age: keyOf(age) },
  };
}
