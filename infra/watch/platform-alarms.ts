import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { NodeFunction } from '../lambda/node-function.ts';
import type { AlarmTopic } from './alarm-topic.ts';

type PlatformAlarmsProps = {
  readonly scale: NodeFunction;
  readonly compact: NodeFunction;
  readonly topic: AlarmTopic;
};

/** Alarms of the platform. */
export class PlatformAlarms extends Construct {
  constructor(scope: Construct, id: string, { scale, compact, topic }: PlatformAlarmsProps) {
    super(scope, id);
    const common = {
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      threshold: 1,
    };
    topic.watch(
      scale.metricErrors({ period: Duration.minutes(5) }).createAlarm(this, 'ScalerFailing', {
        ...common,
        evaluationPeriods: 3,
        alarmDescription:
          'Ticks of some pool have been failing for 15 minutes. What to do: docs/operations.md, ScalerFailing.',
      }),
    );
    topic.watch(
      compact.metricErrors({ period: Duration.hours(1) }).createAlarm(this, 'CompactionFailed', {
        ...common,
        evaluationPeriods: 1,
        alarmDescription:
          'Compaction failed for at least one pool. What to do: docs/operations.md, CompactionFailed.',
      }),
    );
  }
}
