import { specOf } from '../dashboard.ts';
import type { Point, Points } from '../source.ts';

/** Shorter than CloudWatch's minute, because the local stack runs faster. */
export const PERIOD_SECONDS = 10;
const KEPT_SECONDS = 24 * 3600;

type MetricName = {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
};

type Datum = MetricName & { readonly atMs: number; readonly value: number };

export type MetricStore = ReturnType<typeof metricStore>;

/** Stores emitted metric values by period and computes CloudWatch's statistics from them. */
export function metricStore() {
  /** Namespace, metric and dimensions → period → values. */
  const values = new Map<string, Map<number, number[]>>();

  function add({ namespace, metric, dimensions, atMs, value }: Datum): void {
    const name = nameOf({ namespace, metric, dimensions });
    const periods = values.get(name) ?? new Map<number, number[]>();
    values.set(name, periods);
    const period = Math.floor(atMs / 1000 / PERIOD_SECONDS) * PERIOD_SECONDS;
    const of = periods.get(period);
    if (of) of.push(value);
    else {
      periods.set(period, [value]);
      for (const old of periods.keys()) if (old < period - KEPT_SECONDS) periods.delete(old);
    }
  }

  return {
    add,
    /** Adds a log line in the embedded metric format. Ignores other lines. */
    addLine(line: string): void {
      if (!line.includes('"_aws"')) return;
      for (const datum of parseEmbedded(line)) add(datum);
    },
    /** A statistic of the values whose period began after `fromMs` and by `toMs`. Undefined if there are none. */
    statistic(
      { namespace, metric, dimensions }: MetricName,
      stat: string,
      { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
    ): number | undefined {
      const periods = values.get(nameOf({ namespace, metric, dimensions })) ?? [];
      const within = [...periods].flatMap(([seconds, of]) =>
        fromMs < seconds * 1000 && seconds * 1000 <= toMs ? of : [],
      );
      return within.length === 0 ? undefined : statistic(stat, within);
    },
    points(keys: readonly string[], sinceMs: number): Points {
      return Object.fromEntries(keys.map((key) => [key, pointsOf(key, sinceMs)]));
    },
  };

  function pointsOf(key: string, sinceMs: number): readonly Point[] {
    const { namespace, metric, dimensions, stat, perSecond } = specOf(key);
    const periods = values.get(nameOf({ namespace, metric, dimensions }));
    if (!periods) return [];
    return [...periods]
      .filter(([seconds]) => (seconds + PERIOD_SECONDS) * 1000 > sinceMs)
      .map(([seconds, of]) => [seconds, statistic(stat, of) / (perSecond ? PERIOD_SECONDS : 1)]);
  }
}

/** The order of dimensions doesn't matter. */
function nameOf({ namespace, metric, dimensions }: MetricName): string {
  const sorted = Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, metric, sorted]);
}

/** Computes a statistic by its CloudWatch name. */
function statistic(stat: string, values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  if (stat === 'Sum') return sum;
  if (stat === 'Maximum') return Math.max(...values);
  if (stat === 'Minimum') return Math.min(...values);
  if (stat === 'SampleCount') return values.length;
  const [, atMost] = /^PR\(:(\d+(?:\.\d+)?)\)$/.exec(stat) ?? [];
  if (atMost !== undefined)
    return (100 * values.filter((value) => value <= Number(atMost)).length) / values.length;
  const [, percent] = /^p(\d+(?:\.\d+)?)$/.exec(stat) ?? [];
  if (percent === undefined) return sum / values.length;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((Number(percent) / 100) * sorted.length) - 1)] ?? 0;
}

type Embedded = {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
} & Readonly<Record<string, unknown>>;

function* parseEmbedded(line: string): Generator<Datum> {
  let parsed: Embedded;
  try {
    parsed = JSON.parse(line) as Embedded;
  } catch {
    // The line is incomplete, and may stay so.
    return;
  }
  const { Timestamp: atMs, CloudWatchMetrics: directives } = parsed._aws;
  for (const { Namespace: namespace, Dimensions, Metrics } of directives) {
    for (const names of Dimensions) {
      const dimensions = Object.fromEntries(names.map((name) => [name, String(parsed[name])]));
      for (const { Name: metric } of Metrics) {
        for (const value of [parsed[metric]].flat())
          yield { namespace, metric, dimensions, atMs, value: Number(value) };
      }
    }
  }
}
