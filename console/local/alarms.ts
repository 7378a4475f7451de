import * as z from 'zod';
import type { LocalStack } from '../../local/stack.ts';
import type { AlarmNow } from '../source.ts';
import type { MetricStore } from './metrics.ts';

const dimension = z.object({ Name: z.string(), Value: z.string() });
const plainMetric = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(dimension).default([]),
  Period: z.number(),
  Statistic: z.string(),
});
const metricStat = z.object({
  Metric: plainMetric.pick({ Namespace: true, MetricName: true, Dimensions: true }),
  Period: z.number(),
  Stat: z.string(),
});

/** An alarm's CloudFormation properties, with its metric inline or in a list of one. */
const alarmSchema = z
  .object({
    AlarmDescription: z.string(),
    ComparisonOperator: z.enum([
      'GreaterThanThreshold',
      'GreaterThanOrEqualToThreshold',
      'LessThanThreshold',
      'LessThanOrEqualToThreshold',
    ]),
    Threshold: z.number(),
    EvaluationPeriods: z.number(),
    TreatMissingData: z.enum(['breaching', 'notBreaching']),
  })
  .and(
    z.union([
      plainMetric.transform(({ Statistic, Period, ...Metric }) => ({ Metric, Period, Stat: Statistic })),
      z
        .object({ Metrics: z.tuple([z.object({ MetricStat: metricStat })]) })
        .transform(({ Metrics: [{ MetricStat }] }) => MetricStat),
    ]),
  );

const COMPARE = {
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
};

/**
 * The state of an alarm: `alarm` if all of its latest periods breach the threshold. Data before `sinceMs` is unknown.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 * @throws ZodError for a type of alarm that the stack doesn't use.
 */
export function evaluate(
  { name, properties }: LocalStack['alarms'][number],
  metrics: MetricStore,
  { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
): AlarmNow {
  const alarm = alarmSchema.parse(properties);
  const {
    Metric: { Namespace, MetricName, Dimensions },
    Period,
    Stat,
  } = alarm;
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  const metric = { namespace: Namespace, metric: MetricName, dimensions };
  const isBreaching = Array.from({ length: alarm.EvaluationPeriods }, (_, periodsAgo) => {
    const toMs = nowMs - 1000 * Period * periodsAgo;
    const fromMs = toMs - 1000 * Period;
    const value = metrics.statistic(metric, Stat, { fromMs, toMs });
    if (value !== undefined) return COMPARE[alarm.ComparisonOperator](value, alarm.Threshold);
    return fromMs < sinceMs ? undefined : alarm.TreatMissingData === 'breaching';
  });
  return { name, description: alarm.AlarmDescription, state: stateOf(isBreaching) };
}

function stateOf(isBreaching: readonly (boolean | undefined)[]): AlarmNow['state'] {
  if (isBreaching.includes(false)) return 'ok';
  return isBreaching.includes(undefined) ? 'unknown' : 'alarm';
}
