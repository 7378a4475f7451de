/** What all metrics have in common. Each is defined once: the code emits it and the dashboard draws it. */
export const NAMESPACE = 'agentpool';
/** The only dimension: an id of an agent or a task as dimension would make each one a metric that is paid for. */
export const POOL_DIMENSION = 'Pool';

export type MetricUnit = 'Count' | 'Seconds' | 'Percent' | 'Bytes' | 'Count/Second' | 'None';

/** A metric whose value is read off a `Source`. */
export type MetricOf<Source> = {
  readonly unit: MetricUnit;
  readonly description: string;
  /** Undefined when it is not known, and then nothing is emitted. */
  readonly of: (source: Source) => number | undefined;
};

export type Metrics<Source> = Readonly<Record<string, MetricOf<Source>>>;

export type Measurement = { readonly name: string; readonly unit: MetricUnit; readonly value: number };

/** The values of the metrics that are known. */
export function measure<Source>(metrics: Metrics<Source>, source: Source): readonly Measurement[] {
  return Object.entries(metrics).flatMap(([name, { unit, of }]) => {
    const value = of(source);
    return value === undefined ? [] : [{ name, unit, value }];
  });
}
