import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { NodeFunction } from '../lambda/node-function.ts';
import type { AlarmTopic } from './alarm-topic.ts';

type PlatformAlarmsProps = {
  readonly scale: NodeFunction;
  readonly reconcile: NodeFunction;
  readonly compact: NodeFunction;
  readonly topic: AlarmTopic;
};

/** Alarms of the platform. */
export class PlatformAlarms extends Construct {
  constructor(scope: Construct, id: string, { scale, reconcile, compact, topic }: PlatformAlarmsProps) {
    super(scope, id);
    const common = {
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    };
    topic.watch(
      scale.metricErrors({ period: Duration.minutes(5) }).createAlarm(this, 'ScalerFailing', {
        ...common,
        threshold: 1,
        evaluationPeriods: 3,
        alarmDescription:
          'Ticks of some pool have been failing for 15 minutes. What to do: docs/operations.md, ScalerFailing.',
      }),
    );
    topic.watch(
      reconcile.metricErrors({ period: Duration.minutes(15) }).createAlarm(this, 'ReconcilerFailing', {
        ...common,
        // Lambda makes three attempts at an event within minutes: at least one was in vain, or three events were hard.
        threshold: 3,
        evaluationPeriods: 1,
        alarmDescription:
          "The records of stopped agents aren't closed, and crashes aren't counted. What to do: docs/operations.md, ReconcilerFailing.",
      }),
    );
    topic.watch(
      compact.metricErrors({ period: Duration.hours(1) }).createAlarm(this, 'CompactionFailed', {
        ...common,
        threshold: 1,
        evaluationPeriods: 1,
        alarmDescription:
          'Compaction failed for at least one pool. What to do: docs/operations.md, CompactionFailed.',
      }),
    );
  }
}
