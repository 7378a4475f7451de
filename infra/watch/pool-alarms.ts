import { Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { ConfigError, type PoolConfig } from '../../shared/core/pool/config.ts';
import { limitText } from '../../shared/core/pool/provider-limit.ts';
import type { DeployedPool } from '../deployed-pool.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import { burnAlarms } from './burn-rate.ts';
import { createAlarm, type PoolAlarm } from './pool-alarm.ts';
import { type Metered, poolMetric } from './pool-metric.ts';

type PoolAlarmsProps = { readonly deployed: DeployedPool; readonly topic: AlarmTopic };

/**
 * Alarms of a pool. Each one watches a single metric: CloudWatch charges for every metric of an alarm. What each is for
 * is a row of the table in docs/operations.md, and `test/infra/runbook.test.ts` plays every row.
 */
export class PoolAlarms extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, { deployed, topic }: PoolAlarmsProps) {
    super(scope, id);
    const { pool, stack, agents } = deployed;
    const of = { stack, pool: pool.name };
    const alarms = [
      ...ofTasks(deployed, of),
      ...burnAlarms(of, pool.objective),
      ...ofScaler(pool, of),
      ...ofAgents(of),
    ];
    this.alarms = changed(alarms, pool).map((alarm) => createAlarm(this, pool.name, alarm));
    for (const alarm of this.alarms) {
      topic.watch(alarm);
      // Created before its pool runs, an alarm on missing data would go on at once.
      alarm.node.addDependency(agents.service);
    }
  }
}

/**
 * The alarms as the pool's configuration changes them.
 * @throws ConfigError for an alarm that the pool doesn't have.
 */
function changed(alarms: readonly PoolAlarm[], { name, alarms: changes }: PoolConfig): readonly PoolAlarm[] {
  const ids = alarms.map(({ id }) => id);
  const unknown = Object.keys(changes).filter((id) => !ids.includes(id));
  if (unknown.length > 0)
    throw new ConfigError(`pool ${name}: no alarm ${unknown.join(', ')} (alarms: ${ids.join(', ')})`);
  return alarms.flatMap((alarm) => {
    const change = changes[alarm.id];
    if (change === 'off') return [];
    if (change === undefined) return [alarm];
    const { threshold = alarm.threshold, periods = alarm.periods } = change;
    const description = `${alarm.description} (changed: ${alarm.when} ${threshold} in ${periods} period(s))`;
    return [{ ...alarm, description, threshold, periods, outOf: change.periods ?? alarm.outOf }];
  });
}

/** Tasks that don't start, or don't succeed. */
function ofTasks(
  { pool, queue: { queue, deadLetterQueue } }: DeployedPool,
  of: Metered,
): readonly PoolAlarm[] {
  const { objective } = pool;
  const oldestAllowed = oldestAllowedSeconds(pool);
  return [
    {
      id: 'DeadLetters',
      description: 'tasks are in the dead-letter queue',
      metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      when: 'above',
      threshold: 0,
      periods: 1,
    },
    {
      id: 'TasksOverdue',
      // Every tick counts some, so that neither a burst nor a cold start is enough: both are over within minutes.
      description: `for 15 minutes, tasks have been queued for longer than ${objective.withinSeconds} s`,
      metric: poolMetric(of, 'TasksOverdue', { statistic: 'Minimum', periodMinutes: 5 }),
      when: 'above',
      threshold: 0,
      periods: 3,
    },
    {
      id: 'OldestTaskOverdue',
      description: `the oldest task was sent more than ${oldestAllowed} s ago, and hasn't ended`,
      metric: queue.metricApproximateAgeOfOldestMessage({
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      when: 'above',
      threshold: oldestAllowed,
      periods: 3,
    },
    {
      id: 'AttemptsFailing',
      description: 'for half an hour, more than half of the attempts have failed',
      metric: poolMetric(of, 'AttemptsFailed', { statistic: 'Average', periodMinutes: 15 }),
      when: 'above',
      threshold: 0.5,
      periods: 2,
    },
    {
      id: 'SnapshotsDamaged',
      description: 'a snapshot was damaged or missing; its conversation continued from an earlier version',
      metric: poolMetric(of, 'SnapshotsDamaged', { statistic: 'Sum', periodMinutes: 5 }),
      when: 'above',
      threshold: 0,
      periods: 1,
    },
  ];
}

/** SQS leaves a message out of the age of the oldest one once it has been received this often. */
const RECEIVES_WITHOUT_AGE = 3;

/**
 * The age that a task of a healthy pool can reach: SQS counts its attempts too, because a message that's in flight isn't
 * deleted. So this alarm is late, but it's the one that needs nothing of ours to run: neither agents nor the scaler.
 */
function oldestAllowedSeconds({ objective, maxAttempts, taskTimeoutSeconds }: PoolConfig): number {
  const attempts = Math.min(maxAttempts, RECEIVES_WITHOUT_AGE - 1);
  return objective.withinSeconds + attempts * taskTimeoutSeconds;
}

/** A scaler that doesn't tick, sees nothing, or isn't allowed to do what the load needs. */
function ofScaler({ budget, limits }: PoolConfig, of: Metered): readonly PoolAlarm[] {
  return [
    {
      id: 'ScalerNotTicking',
      description: "the scaler hasn't ticked for 3 minutes; the desired count doesn't change",
      metric: poolMetric(of, 'Ticks', { statistic: 'Sum' }),
      when: 'below',
      threshold: 1,
      periods: 3,
      whenMissing: 'alarm',
    },
    {
      id: 'TicksWithMissingData',
      description:
        "for 10 minutes, at least half of the ticks couldn't read the queue, the service or the agents",
      metric: poolMetric(of, 'TicksWithMissingData', { statistic: 'Average', periodMinutes: 5 }),
      when: 'at least',
      threshold: 0.5,
      periods: 2,
    },
    {
      id: 'TicksAtMaximum',
      description: 'for half an hour, the desired count has been at max with tasks in the queue',
      metric: poolMetric(of, 'TicksAtMaximum', { statistic: 'Minimum', periodMinutes: 5 }),
      when: 'at least',
      threshold: 1,
      periods: 6,
    },
    ...(limits.length > 0 ? [limitReached(of, limits)] : []),
    ...(budget ? [budgetReached(of, budget)] : []),
  ];
}

function limitReached(of: Metered, limits: PoolConfig['limits']): PoolAlarm {
  return {
    id: 'LimitReached',
    description: `for half an hour, more slots have been wanted than provider limits feed (${limits.map(limitText).join('; ')})`,
    metric: poolMetric(of, 'SlotsHeldBack', { statistic: 'Minimum', periodMinutes: 5 }),
    when: 'above',
    threshold: 0,
    periods: 6,
  };
}

function budgetReached(
  of: Metered,
  { agentHoursPerDay, whenReached }: NonNullable<PoolConfig['budget']>,
): PoolAlarm {
  return {
    id: 'BudgetReached',
    description: `the hours budget of ${agentHoursPerDay} agent-hours is used up for today (${whenReached})`,
    metric: poolMetric(of, 'BudgetUsed', { statistic: 'Maximum', periodMinutes: 5 }),
    when: 'at least',
    threshold: 100,
    periods: 1,
  };
}

/** Agents that don't start, don't stay, or take no tasks. */
function ofAgents(of: Metered): readonly PoolAlarm[] {
  return [
    {
      id: 'AgentsNotPlaced',
      description: "ECS hasn't started requested agents for minutes",
      metric: poolMetric(of, 'AgentsNotPlaced', { statistic: 'Maximum', periodMinutes: 5 }),
      when: 'above',
      threshold: 0,
      periods: 2,
    },
    {
      id: 'AgentsCrashing',
      description:
        'at least 3 agents failed to start or exited with an error within 15 minutes; ECS replaces them, at your cost',
      metric: poolMetric(of, 'AgentsCrashed', { statistic: 'Sum', periodMinutes: 15 }),
      when: 'at least',
      threshold: 3,
      periods: 1,
    },
    {
      id: 'AgentsNotReceiving',
      description: "for 10 minutes, idle agents couldn't receive tasks",
      // The average, because such an agent exits after 5 minutes, and its replacement takes a while to start.
      metric: poolMetric(of, 'AgentsNotReceiving', { statistic: 'Average', periodMinutes: 5 }),
      when: 'at least',
      threshold: 0.5,
      periods: 2,
    },
  ];
}
