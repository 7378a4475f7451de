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
import { poolMetric, type Statistic } from '../pool-metric.ts';
import { AlarmRow, graph, HALF, scalingActions } from './widgets.ts';

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
        outcome(deployed),
        conversations(deployed),
        [scalingActions(scalerLogs, deployed.pool.name)],
        errors(deployed),
        cost(deployed),
      ],
    });
  }
}

function demand({ pool: { name }, queue }: DeployedPool) {
  const completed = poolMetric(name, 'TasksCompleted', { statistic: 'Sum' });
  return [
    graph({
      title: 'Queue',
      left: [
        poolMetric(name, 'QueueDepth', { statistic: 'Maximum' }),
        poolMetric(name, 'MessagesInFlight', { statistic: 'Maximum' }),
        poolMetric(name, 'TasksOverdue', { statistic: 'Minimum' }),
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
        poolMetric(name, 'ArrivalsObserved', { statistic: 'Average' }),
        poolMetric(name, 'ArrivalsForecast', { statistic: 'Average' }),
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

function supply({ pool: { name, utilization, min, max } }: DeployedPool) {
  const ofStatus = (metric: MetricName) => poolMetric(name, metric, { statistic: 'Average' });
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
        poolMetric(name, 'DesiredCount', { statistic: 'Average' }),
        poolMetric(name, 'AgentsNotPlaced', { statistic: 'Maximum' }),
      ],
      right: [poolMetric(name, 'StaffingMargin', { statistic: 'Average' })],
      unit: 'agents',
      limits: [
        { label: 'min', value: min },
        { label: 'max', value: max },
      ],
    }),
    graph({
      title: 'Utilization',
      left: [poolMetric(name, 'Utilization', { statistic: 'Average' })],
      unit: 'percent',
      limits: [
        { label: 'policy `utilization` scales out above', value: 100 * utilization.scaleOutAbove },
        { label: 'policy `utilization` scales in below', value: 100 * utilization.scaleInBelow },
      ],
    }),
  ];
}

function outcome({ pool: { name, objective } }: DeployedPool) {
  const { fast, slow } = burnLimits(objective);
  return [
    graph({
      title: 'Queue wait of tasks that started',
      left: percentiles(name, 'TaskQueueTime', [50, 95, 99]),
      unit: 'seconds',
      limits: [{ label: `objective (${objective.percent} % of tasks)`, value: objective.withinSeconds }],
    }),
    graph({
      title: 'Tasks started on time',
      left: [onTime(name, objective, 5), poolMetric(name, 'ObjectiveAttained', { statistic: 'Average' })],
      unit: 'percent',
      limits: [
        { label: 'objective', value: objective.percent },
        { label: 'slow burn', value: slow },
        { label: 'fast burn', value: fast },
      ],
    }),
    graph({
      title: 'Task duration',
      left: percentiles(name, 'TaskDuration', [50, 95, 99]),
      unit: 'seconds',
    }),
  ];
}

function conversations({ pool: { name } }: DeployedPool) {
  return [
    graph({ title: 'Context size', left: percentiles(name, 'ContextSize', [50, 95, 100]), unit: 'bytes' }),
    graph({
      title: 'Snapshots',
      left: [
        poolMetric(name, 'SnapshotBytesSaved', {
          statistic: 'Sum',
          periodMinutes: 5,
          label: 'Saved (already stored)',
        }),
        poolMetric(name, 'SnapshotBytesWritten', { statistic: 'Sum', periodMinutes: 5, label: 'Written' }),
      ],
      unit: 'bytes per 5 minutes',
      stacked: true,
    }),
    graph({
      title: 'Warm hits',
      left: [poolMetric(name, 'WarmHits', { statistic: 'Average', periodMinutes: 5 })],
      unit: 'percent',
    }),
  ];
}

function errors({ pool: { name }, queue }: DeployedPool) {
  const sum = (metric: MetricName) => poolMetric(name, metric, { statistic: 'Sum' });
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
        poolMetric(name, 'RecordsUnreadable', { statistic: 'Maximum' }),
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

function cost({ pool: { name, budget } }: DeployedPool) {
  return [
    graph({
      title: 'Agent-hours today (UTC)',
      left: [poolMetric(name, 'AgentHoursToday', { statistic: 'Maximum', periodMinutes: 5 })],
      unit: 'agent-hours',
      limits: budget ? [{ label: 'hours budget', value: budget.agentHoursPerDay }] : [],
      width: HALF,
    }),
    graph({
      title: 'Hours budget used',
      left: [poolMetric(name, 'BudgetUsed', { statistic: 'Maximum', periodMinutes: 5 })],
      unit: 'percent',
      limits: [{ label: 'used up', value: 100 }],
      width: HALF,
    }),
  ];
}

function percentiles(pool: string, name: MetricName, shares: readonly number[]): IMetric[] {
  return shares.map((share) => {
    const statistic: Statistic = share === 100 ? 'Maximum' : `p${share}`;
    const label = share === 100 ? 'maximum' : `p${share}`;
    return poolMetric(pool, name, { statistic, label: `${CATALOG[name].description}: ${label}` });
  });
}
