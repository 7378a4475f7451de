import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

/** An alarm of a pool. Its ID is the heading of its entry in the runbook, docs/operations.md. */
export type PoolAlarm = {
  readonly id: string;
  readonly description: string;
  readonly metric: IMetric;
  readonly when: 'above' | 'at least' | 'below';
  readonly threshold: number;
  /** Number of periods of the metric that have to breach the threshold. */
  readonly periods: number;
  /** Among this many latest periods. Default: `periods`, so that they are consecutive. */
  readonly outOf?: number | undefined;
  /** Missing data counts as OK, except in an alarm on missing data. */
  readonly whenMissing?: 'alarm';
};

const COMPARISONS = {
  above: ComparisonOperator.GREATER_THAN_THRESHOLD,
  'at least': ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
} as const;

export function createAlarm(scope: Construct, pool: string, alarm: PoolAlarm): Alarm {
  const { id, description, metric, when, threshold, periods, outOf = periods, whenMissing } = alarm;
  return new Alarm(scope, id, {
    metric,
    threshold,
    comparisonOperator: COMPARISONS[when],
    evaluationPeriods: outOf,
    ...(outOf !== periods && { datapointsToAlarm: periods }),
    treatMissingData: whenMissing === 'alarm' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    alarmDescription: `Pool ${pool}: ${description}. What to do: docs/operations.md, ${id}.`,
  });
}
