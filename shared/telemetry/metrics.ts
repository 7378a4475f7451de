/** Every metric is defined once: the code emits it, and the dashboard shows it. */
export const NAMESPACE = 'agentpool';
/**
 * The only dimensions: two stacks of an account may have pools of the same name. With agent or task ids as dimensions,
 * each one would be billed as its own metric.
 */
export const STACK_DIMENSION = 'Stack';
export const POOL_DIMENSION = 'Pool';

export type MetricUnit = 'Count' | 'Seconds' | 'Percent' | 'Bytes' | 'Count/Second' | 'None';

/** A metric whose value comes from a `Source`. */
export type MetricOf<Source> = {
  readonly unit: MetricUnit;
  readonly description: string;
  /** Undefined when the value is unknown. Then nothing is emitted. */
  readonly of: (source: Source) => number | undefined;
};

export type Metrics<Source> = Readonly<Record<string, MetricOf<Source>>>;

export type Measurement = { readonly name: string; readonly unit: MetricUnit; readonly value: number };

/** The metrics with a known value. */
export function measure<Source>(metrics: Metrics<Source>, source: Source): readonly Measurement[] {
  return Object.entries(metrics).flatMap(([name, { unit, of }]) => {
    const value = of(source);
    return value === undefined ? [] : [{ name, unit, value }];
  });
}
