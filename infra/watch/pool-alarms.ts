import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { DeployedPool } from '../deployed-pool.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import { poolMetric } from './pool-metric.ts';

/** An alarm of a pool. Its id is the heading of its entry in the runbook, docs/operations.md. */
type PoolAlarm = {
  readonly id: string;
  readonly says: string;
  readonly metric: IMetric;
  readonly when: 'above' | 'at least' | 'below';
  readonly threshold: number;
  /** So many periods of the metric in a row. */
  readonly periods: number;
  /** No data is no news, unless data is what the alarm asks for. */
  readonly whenMissing?: 'alarm';
};

const COMPARISONS = {
  above: ComparisonOperator.GREATER_THAN_THRESHOLD,
  'at least': ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
} as const;

/** What somebody is to be told of a pool, day or night. */
export class PoolAlarms extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, deployed: DeployedPool, topic: AlarmTopic) {
    super(scope, id);
    this.alarms = alarmsOf(deployed).map(
      ({ id: alarmId, says, metric, when, threshold, periods, whenMissing }) => {
        const alarm = new Alarm(this, alarmId, {
          metric,
          threshold,
          comparisonOperator: COMPARISONS[when],
          evaluationPeriods: periods,
          treatMissingData:
            whenMissing === 'alarm' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
          alarmDescription: `Pool ${deployed.pool.name}: ${says}. What to do: docs/operations.md, ${alarmId}.`,
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
      says: 'tasks were given up and lie in the dead-letter queue',
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
      says: `less than ${objective.percent} % of tasks start within ${objective.withinSeconds} s, for 15 minutes`,
      metric: poolMetric(name, 'TaskQueueTime', `p${objective.percent}`, { periodMinutes: 5 }),
      when: 'above',
      threshold: objective.withinSeconds,
      periods: 3,
    },
    {
      id: 'ScalerNotTicking',
      says: 'nobody has looked at the pool for 3 minutes; its desired count stays as it is',
      metric: poolMetric(name, 'Ticks', 'Sum'),
      when: 'below',
      threshold: 1,
      periods: 3,
      whenMissing: 'alarm',
    },
    {
      id: 'TicksAtMaximum',
      says: `tasks wait and the pool has had its maximum of agents for half an hour`,
      metric: poolMetric(name, 'TicksAtMaximum', 'Minimum', { periodMinutes: 5 }),
      when: 'at least',
      threshold: 1,
      periods: 6,
    },
    {
      id: 'AgentsNotPlaced',
      says: 'ECS does not start agents that were asked for minutes ago',
      metric: poolMetric(name, 'AgentsNotPlaced', 'Maximum', { periodMinutes: 5 }),
      when: 'above',
      threshold: 0,
      periods: 2,
    },
    {
      id: 'AgentsCrashing',
      says: 'at least 3 agents did not start or ended with an error within 15 minutes; ECS starts others, which costs',
      metric: poolMetric(name, 'AgentsCrashed', 'Sum', { periodMinutes: 15 }),
      when: 'at least',
      threshold: 3,
      periods: 1,
    },
    {
      id: 'SnapshotsDamaged',
      says: 'a snapshot of a context was damaged or missing; an earlier version was used',
      metric: poolMetric(name, 'SnapshotsDamaged', 'Sum', { periodMinutes: 5 }),
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
    says: `the day's ${agentHoursPerDay} agent-hours are used (${whenReached})`,
    metric: poolMetric(name, 'BudgetUsed', 'Maximum', { periodMinutes: 5 }),
    when: 'at least',
    threshold: 100,
    periods: 1,
  };
}
