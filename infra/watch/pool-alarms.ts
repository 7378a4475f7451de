import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { DeployedPool } from '../deployed-pool.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import { poolMetric } from './pool-metric.ts';

type PoolAlarmsProps = { readonly deployed: DeployedPool; readonly topic: AlarmTopic };

/** An alarm of a pool. Its ID is the heading of its entry in the runbook, docs/operations.md. */
type PoolAlarm = {
  readonly id: string;
  readonly description: string;
  readonly metric: IMetric;
  readonly when: 'above' | 'at least' | 'below';
  readonly threshold: number;
  /** Number of consecutive periods of the metric. */
  readonly periods: number;
  /** Missing data counts as OK, except in an alarm on missing data. */
  readonly whenMissing?: 'alarm';
};

const COMPARISONS = {
  above: ComparisonOperator.GREATER_THAN_THRESHOLD,
  'at least': ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
} as const;

/** Alarms of a pool. */
export class PoolAlarms extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, { deployed, topic }: PoolAlarmsProps) {
    super(scope, id);
    this.alarms = alarmsOf(deployed).map(
      ({ id: alarmId, description, metric, when, threshold, periods, whenMissing }) => {
        const alarm = new Alarm(this, alarmId, {
          metric,
          threshold,
          comparisonOperator: COMPARISONS[when],
          evaluationPeriods: periods,
          treatMissingData:
            whenMissing === 'alarm' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
          alarmDescription: `Pool ${deployed.pool.name}: ${description}. What to do: docs/operations.md, ${alarmId}.`,
        });
        topic.watch(alarm);
        return alarm;
      },
    );
  }
}

function alarmsOf({ pool, queue }: DeployedPool): readonly PoolAlarm[] {
  const { name, objective } = pool;
  return [
    {
      id: 'DeadLetters',
      description: 'tasks are in the dead-letter queue',
      metric: queue.deadLetterQueue.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      when: 'above',
      threshold: 0,
      periods: 1,
    },
    {
      id: 'ObjectiveMissed',
      description: `for 15 minutes, less than ${objective.percent} % of tasks have started within ${objective.withinSeconds} s`,
      metric: poolMetric(name, 'TaskQueueTime', { statistic: `p${objective.percent}`, periodMinutes: 5 }),
      when: 'above',
      threshold: objective.withinSeconds,
      periods: 3,
    },
    {
      id: 'ScalerNotTicking',
      description: "the scaler hasn't ticked for 3 minutes; the desired count doesn't change",
      metric: poolMetric(name, 'Ticks', { statistic: 'Sum' }),
      when: 'below',
      threshold: 1,
      periods: 3,
      whenMissing: 'alarm',
    },
    {
      id: 'TicksAtMaximum',
      description: 'for half an hour, the desired count has been at max with tasks in the queue',
      metric: poolMetric(name, 'TicksAtMaximum', { statistic: 'Minimum', periodMinutes: 5 }),
      when: 'at least',
      threshold: 1,
      periods: 6,
    },
    {
      id: 'AgentsNotPlaced',
      description: "ECS hasn't started requested agents for minutes",
      metric: poolMetric(name, 'AgentsNotPlaced', { statistic: 'Maximum', periodMinutes: 5 }),
      when: 'above',
      threshold: 0,
      periods: 2,
    },
    {
      id: 'AgentsCrashing',
      description:
        'at least 3 agents failed to start or exited with an error within 15 minutes; ECS replaces them, at your cost',
      metric: poolMetric(name, 'AgentsCrashed', { statistic: 'Sum', periodMinutes: 15 }),
      when: 'at least',
      threshold: 3,
      periods: 1,
    },
    {
      id: 'SnapshotsDamaged',
      description: 'a snapshot was damaged or missing; its conversation continued from an earlier version',
      metric: poolMetric(name, 'SnapshotsDamaged', { statistic: 'Sum', periodMinutes: 5 }),
      when: 'above',
      threshold: 0,
      periods: 1,
    },
    ...(pool.budget ? [budgetReached(name, pool.budget)] : []),
  ];
}

function budgetReached(
  name: string,
  { agentHoursPerDay, whenReached }: NonNullable<DeployedPool['pool']['budget']>,
): PoolAlarm {
  return {
    id: 'BudgetReached',
    description: `the hours budget of ${agentHoursPerDay} agent-hours is used up for today (${whenReached})`,
    metric: poolMetric(name, 'BudgetUsed', { statistic: 'Maximum', periodMinutes: 5 }),
    when: 'at least',
    threshold: 100,
    periods: 1,
  };
}
