import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
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
import { poolMetric, type Statistic } from '../pool-metric.ts';
import { FULL, graph, HALF, scalingActions } from './widgets.ts';

type PoolPageProps = {
  readonly deployed: DeployedPool;
  readonly name: string;
  readonly alarms: readonly IAlarm[];
  readonly scalerLogs: ILogGroup;
};

/** All about one pool, from what waits to what it costs. */
export class PoolPage extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { name, deployed, alarms, scalerLogs }: PoolPageProps) {
    super(scope, id);
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: name,
      periodOverride: PeriodOverride.INHERIT,
      widgets: [
        [
          new AlarmStatusWidget({
            title: `Pool ${deployed.pool.name}`,
            alarms: [...alarms],
            width: FULL,
            height: 2,
          }),
        ],
        demand(deployed),
        supply(deployed),
        outcome(deployed),
        conversations(deployed),
        [scalingActions(scalerLogs, deployed.pool.name)],
        troubles(deployed),
        cost(deployed),
      ],
    });
  }
}

function demand({ pool: { name }, queue }: DeployedPool) {
  const completed = poolMetric(name, 'TasksCompleted', 'Sum');
  return [
    graph({
      title: 'Queue',
      left: [poolMetric(name, 'QueueDepth', 'Maximum'), poolMetric(name, 'MessagesInFlight', 'Maximum')],
      right: [
        queue.queue.metricApproximateAgeOfOldestMessage({
          statistic: 'Maximum',
          period: Duration.minutes(1),
          label: 'Age of the oldest task',
        }),
      ],
      unit: 'tasks',
      rightUnit: 'seconds',
      width: HALF,
    }),
    graph({
      title: 'Arrivals and completions',
      left: [
        poolMetric(name, 'ArrivalsObserved', 'Average'),
        poolMetric(name, 'ArrivalsForecast', 'Average'),
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
  const ofStatus = (metric: MetricName) => poolMetric(name, metric, 'Average');
  return [
    graph({
      title: 'Agents by status',
      left: [
        ofStatus('AgentsBusy'),
        ofStatus('AgentsInCooldown'),
        ofStatus('AgentsReady'),
        ofStatus('AgentsStarting'),
        ofStatus('AgentsDraining'),
        ofStatus('AgentsUnresponsive'),
      ],
      unit: 'agents',
      stacked: true,
    }),
    graph({
      title: 'Desired count',
      left: [poolMetric(name, 'DesiredCount', 'Average'), poolMetric(name, 'AgentsNotPlaced', 'Maximum')],
      right: [poolMetric(name, 'StaffingMargin', 'Average')],
      unit: 'agents',
      limits: [
        { label: 'min', value: min },
        { label: 'max', value: max },
      ],
    }),
    graph({
      title: 'Utilization',
      left: [poolMetric(name, 'Utilization', 'Average')],
      unit: 'percent',
      limits: [
        { label: 'the policy `utilization` scales out above', value: 100 * utilization.scaleOutAbove },
        { label: 'and scales in below', value: 100 * utilization.scaleInBelow },
      ],
    }),
  ];
}

function outcome({ pool: { name, objective } }: DeployedPool) {
  return [
    graph({
      title: 'Wait until a task starts',
      left: percentiles(name, 'TaskQueueTime', [50, 95, 99]),
      unit: 'seconds',
      limits: [{ label: `objective for ${objective.percent} %`, value: objective.withinSeconds }],
    }),
    graph({
      title: 'Objective',
      left: [poolMetric(name, 'ObjectiveAttained', 'Average')],
      unit: 'percent',
      limits: [{ label: 'objective', value: objective.percent }],
    }),
    graph({
      title: 'Work on a task',
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
        poolMetric(name, 'SnapshotBytesSaved', 'Sum', {
          periodMinutes: 5,
          label: 'not stored, for it is not new',
        }),
        poolMetric(name, 'SnapshotBytesWritten', 'Sum', { periodMinutes: 5, label: 'stored' }),
      ],
      unit: 'bytes in 5 minutes',
      stacked: true,
    }),
    graph({
      title: 'Warm hits',
      left: [poolMetric(name, 'WarmHits', 'Average', { periodMinutes: 5 })],
      unit: 'percent',
    }),
  ];
}

function troubles({ pool: { name }, queue }: DeployedPool) {
  const sum = (metric: MetricName) => poolMetric(name, metric, 'Sum');
  return [
    graph({
      title: 'Errors of tasks',
      left: [sum('AttemptsFailed'), sum('TasksReturned'), sum('SnapshotsDamaged'), sum('TasksDeadLettered')],
      right: [
        queue.deadLetterQueue.metricApproximateNumberOfMessagesVisible({
          statistic: 'Maximum',
          period: Duration.minutes(1),
          label: 'In the dead-letter queue',
        }),
      ],
      unit: 'times a minute',
      rightUnit: 'tasks',
    }),
    graph({
      title: 'Errors of agents',
      left: [
        sum('AgentsCrashed'),
        sum('AgentsInterrupted'),
        poolMetric(name, 'RecordsUnreadable', 'Maximum'),
      ],
      unit: 'agents',
    }),
    graph({
      title: 'Looks of the scaler',
      left: [sum('Ticks'), sum('ActionsFailed'), sum('TicksWithMissingData'), sum('TicksAtMaximum')],
      unit: 'a minute',
    }),
  ];
}

function cost({ pool: { name, budget } }: DeployedPool) {
  return [
    graph({
      title: 'Agent-hours of the day (UTC)',
      left: [poolMetric(name, 'AgentHoursToday', 'Maximum', { periodMinutes: 5 })],
      unit: 'agent-hours',
      limits: budget ? [{ label: 'budget', value: budget.agentHoursPerDay }] : [],
      width: HALF,
    }),
    graph({
      title: 'Budget used',
      left: [poolMetric(name, 'BudgetUsed', 'Maximum', { periodMinutes: 5 })],
      unit: 'percent',
      limits: [{ label: 'all of it', value: 100 }],
      width: HALF,
    }),
  ];
}

function percentiles(pool: string, name: MetricName, shares: readonly number[]): IMetric[] {
  return shares.map((share) => {
    const statistic: Statistic = share === 100 ? 'Maximum' : `p${share}`;
    const label = share === 100 ? 'largest' : `${share} % are at most`;
    return poolMetric(pool, name, statistic, { label: `${CATALOG[name].description}: ${label}` });
  });
}
