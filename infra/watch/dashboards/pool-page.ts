import { Duration } from 'aws-cdk-lib';
import {
  Dashboard,
  type IAlarm,
  type IMetric,
  MathExpression,
  PeriodOverride,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { CATALOG, type MetricName } from '../../../shared/telemetry/catalog.ts';
import type { DeployedPool } from '../../deployed-pool.ts';
import { burnLimits, onTime } from '../burn-rate.ts';
import { type Metered, poolMetric, type Statistic } from '../pool-metric.ts';
import { AlarmRow, graph, HALF, scalingActions, WHOLE } from './widgets.ts';

type PoolPageProps = {
  readonly deployed: DeployedPool;
  readonly name: string;
  readonly alarms: readonly IAlarm[];
  readonly scalerLogs: ILogGroup;
};

/** The dashboard of one pool: demand, supply, outcome, errors and cost. */
export class PoolPage extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { name, deployed, alarms, scalerLogs }: PoolPageProps) {
    super(scope, id);
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: name,
      periodOverride: PeriodOverride.INHERIT,
      widgets: [
        [new AlarmRow({ title: `Pool ${deployed.pool.name}`, alarms, height: 2 })],
        demand(deployed),
        supply(deployed),
        use(deployed),
        outcome(deployed),
        conversations(deployed),
        [scalingActions(scalerLogs, deployed.pool.name)],
        errors(deployed),
        cost(deployed),
      ],
    });
  }
}

function demand({ pool, queue, stack }: DeployedPool) {
  const of = { stack, pool: pool.name };
  const completed = poolMetric(of, 'TasksCompleted', { statistic: 'Sum' });
  return [
    graph({
      title: 'Queue',
      left: [
        poolMetric(of, 'QueueDepth', { statistic: 'Maximum' }),
        poolMetric(of, 'MessagesInFlight', { statistic: 'Maximum' }),
        poolMetric(of, 'TasksOverdue', { statistic: 'Minimum' }),
      ],
      right: [
        queue.queue.metricApproximateAgeOfOldestMessage({
          statistic: 'Maximum',
          period: Duration.minutes(1),
          label: 'Age of the oldest task, queued or in flight',
        }),
      ],
      unit: 'tasks',
      rightUnit: 'seconds',
      width: HALF,
    }),
    graph({
      title: 'Arrivals and completions',
      left: [
        poolMetric(of, 'ArrivalsObserved', { statistic: 'Average' }),
        poolMetric(of, 'ArrivalsForecast', { statistic: 'Average' }),
        new MathExpression({
          expression: 'completed / PERIOD(completed)',
          usingMetrics: { completed },
          period: Duration.minutes(1),
          label: 'Tasks completed per second',
        }),
      ],
      unit: 'tasks per second',
      width: HALF,
    }),
  ];
}

function supply({ pool, stack }: DeployedPool) {
  const of = { stack, pool: pool.name };
  const { min, max } = pool;
  const ofStatus = (metric: MetricName) => poolMetric(of, metric, { statistic: 'Average' });
  return [
    graph({
      title: 'Agents by status',
      left: [
        ofStatus('AgentsBusy'),
        ofStatus('AgentsInCooldown'),
        ofStatus('AgentsReady'),
        ofStatus('AgentsStarting'),
        ofStatus('AgentsDraining'),
        ofStatus('AgentsNotReceiving'),
        ofStatus('AgentsUnresponsive'),
      ],
      unit: 'agents',
      stacked: true,
    }),
    graph({
      title: 'Desired count',
      left: [
        poolMetric(of, 'DesiredCount', { statistic: 'Average' }),
        poolMetric(of, 'AgentsNotPlaced', { statistic: 'Maximum' }),
      ],
      right: [poolMetric(of, 'StaffingMargin', { statistic: 'Average' })],
      unit: 'agents',
      limits: [
        { label: 'min', value: min },
        { label: 'max', value: max },
      ],
    }),
    graph({
      title: 'Slots',
      left: [ofStatus('SlotsUsed'), ofStatus('SlotsTotal')],
      right: [ofStatus('AgentsHeldUp')],
      unit: 'slots',
      rightUnit: 'agents',
    }),
  ];
}

/** How much of the agents is used, and of what's behind them. */
function use({ pool, stack }: DeployedPool) {
  const of = { stack, pool: pool.name };
  const { utilization, limits } = pool;
  const width = limits.length > 0 ? HALF : WHOLE;
  const ofUse = graph({
    title: 'Utilization',
    left: [poolMetric(of, 'Utilization', { statistic: 'Average' })],
    unit: 'percent',
    limits: [
      { label: 'policy `utilization` scales out above', value: 100 * utilization.scaleOutAbove },
      { label: 'policy `utilization` scales in below', value: 100 * utilization.scaleInBelow },
    ],
    width,
  });
  return limits.length > 0 ? [ofUse, providerLimits(of)] : [ofUse];
}

function providerLimits(of: Metered) {
  return graph({
    title: 'Provider limits',
    left: [poolMetric(of, 'LimitUsed', { statistic: 'Average' })],
    right: [poolMetric(of, 'SlotsHeldBack', { statistic: 'Average' })],
    unit: 'percent',
    rightUnit: 'slots',
    limits: [{ label: 'used up', value: 100 }],
    width: HALF,
  });
}

function outcome({ pool, stack }: DeployedPool) {
  const of = { stack, pool: pool.name };
  const { objective } = pool;
  const { fast, slow } = burnLimits(objective);
  return [
    graph({
      title: 'Queue wait of tasks that started',
      left: percentiles(of, 'TaskQueueTime', [50, 95, 99]),
      unit: 'seconds',
      limits: [{ label: `objective (${objective.percent} % of tasks)`, value: objective.withinSeconds }],
    }),
    graph({
      title: 'Tasks started on time',
      left: [onTime(of, objective, 5), poolMetric(of, 'ObjectiveAttained', { statistic: 'Average' })],
      unit: 'percent',
      limits: [
        { label: 'objective', value: objective.percent },
        { label: 'slow burn', value: slow },
        { label: 'fast burn', value: fast },
      ],
    }),
    graph({
      title: 'Task duration',
      left: percentiles(of, 'TaskDuration', [50, 95, 99]),
      unit: 'seconds',
    }),
  ];
}

function conversations({ pool, stack }: DeployedPool) {
  const of = { stack, pool: pool.name };
  return [
    graph({ title: 'Context size', left: percentiles(of, 'ContextSize', [50, 95, 100]), unit: 'bytes' }),
    graph({
      title: 'Snapshots',
      left: [
        poolMetric(of, 'SnapshotBytesSaved', {
          statistic: 'Sum',
          periodMinutes: 5,
          label: 'Saved (already stored)',
        }),
        poolMetric(of, 'SnapshotBytesWritten', { statistic: 'Sum', periodMinutes: 5, label: 'Written' }),
      ],
      unit: 'bytes per 5 minutes',
      stacked: true,
    }),
    graph({
      title: 'Warm hits',
      left: [poolMetric(of, 'WarmHits', { statistic: 'Average', periodMinutes: 5 })],
      unit: 'percent',
    }),
  ];
}

function errors({ pool, queue, stack }: DeployedPool) {
  const of = { stack, pool: pool.name };
  const sum = (metric: MetricName) => poolMetric(of, metric, { statistic: 'Sum' });
  return [
    graph({
      title: 'Task errors',
      left: [
        sum('AttemptsFailed'),
        sum('TasksReturned'),
        sum('TasksPostponed'),
        sum('SnapshotsDamaged'),
        sum('TasksDeadLettered'),
      ],
      right: [
        queue.deadLetterQueue.metricApproximateNumberOfMessagesVisible({
          statistic: 'Maximum',
          period: Duration.minutes(1),
          label: 'Depth of the dead-letter queue',
        }),
      ],
      unit: 'per minute',
      rightUnit: 'tasks',
    }),
    graph({
      title: 'Agent errors',
      left: [
        sum('AgentsCrashed'),
        sum('AgentsInterrupted'),
        poolMetric(of, 'RecordsUnreadable', { statistic: 'Maximum' }),
      ],
      unit: 'agents',
    }),
    graph({
      title: 'Ticks of the scaler',
      left: [sum('Ticks'), sum('ActionsFailed'), sum('TicksWithMissingData'), sum('TicksAtMaximum')],
      unit: 'per minute',
    }),
  ];
}

function cost({ pool, stack }: DeployedPool) {
  const of = { stack, pool: pool.name };
  const { budget } = pool;
  return [
    graph({
      title: 'Agent-hours today (UTC)',
      left: [poolMetric(of, 'AgentHoursToday', { statistic: 'Maximum', periodMinutes: 5 })],
      unit: 'agent-hours',
      limits: budget ? [{ label: 'hours budget', value: budget.agentHoursPerDay }] : [],
      width: HALF,
    }),
    graph({
      title: 'Hours budget used',
      left: [poolMetric(of, 'BudgetUsed', { statistic: 'Maximum', periodMinutes: 5 })],
      unit: 'percent',
      limits: [{ label: 'used up', value: 100 }],
      width: HALF,
    }),
  ];
}

function percentiles(of: Metered, name: MetricName, shares: readonly number[]): IMetric[] {
  return shares.map((share) => {
    const statistic: Statistic = share === 100 ? 'Maximum' : `p${share}`;
    const label = share === 100 ? 'maximum' : `p${share}`;
    return poolMetric(of, name, { statistic, label: `${CATALOG[name].description}: ${label}` });
  });
}
