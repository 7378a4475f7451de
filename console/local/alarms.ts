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

/** An alarm as CloudFormation has it, on a metric of its own or on one that it lists. */
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
 * Where an alarm stands: on when all of its latest periods are beyond its threshold. Times before `sinceMs` are not known.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 * @throws ZodError for an alarm of a kind that the stack does not have.
 */
export function evaluate(
  { name, properties }: LocalStack['alarms'][number],
  metrics: MetricStore,
  sinceMs: number,
  nowMs: number,
): AlarmNow {
  const alarm = alarmSchema.parse(properties);
  const {
    Metric: { Namespace, MetricName, Dimensions },
    Period,
    Stat,
  } = alarm;
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  const isBeyond = Array.from({ length: alarm.EvaluationPeriods }, (_, periodsAgo) => {
    const toMs = nowMs - 1000 * Period * periodsAgo;
    const fromMs = toMs - 1000 * Period;
    const value = metrics.statistic(
      { namespace: Namespace, metric: MetricName, dimensions },
      Stat,
      fromMs,
      toMs,
    );
    if (value !== undefined) return COMPARE[alarm.ComparisonOperator](value, alarm.Threshold);
    return fromMs < sinceMs ? undefined : alarm.TreatMissingData === 'breaching';
  });
  return { name, says: alarm.AlarmDescription, state: stateOf(isBeyond) };
}

function stateOf(isBeyond: readonly (boolean | undefined)[]): AlarmNow['state'] {
  if (isBeyond.includes(false)) return 'ok';
  return isBeyond.includes(undefined) ? 'unknown' : 'alarm';
}
