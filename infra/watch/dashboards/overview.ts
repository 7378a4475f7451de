import { Duration, Lazy } from 'aws-cdk-lib';
import {
  Dashboard,
  type GraphWidget,
  type IAlarm,
  type IMetric,
  PeriodOverride,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricName } from '../../../shared/telemetry/catalog.ts';
import type { DeployedPool } from '../../deployed-pool.ts';
import type { NodeFunction } from '../../lambda/node-function.ts';
import { poolMetric, type Statistic } from '../pool-metric.ts';
import { AlarmRow, FULL, graph, scalingActions } from './widgets.ts';

export type Functions = {
  readonly scale: NodeFunction;
  readonly reconcile: NodeFunction;
  readonly compact: NodeFunction;
};

type OverviewProps = {
  readonly name: string;
  /** The array may grow until synthesis; alarms added later are shown too. */
  readonly alarms: IAlarm[];
  readonly functions: Functions;
};

/** The line that a pool adds to a graph. */
type Line = (deployed: DeployedPool) => IMetric;

type LineGraph = { readonly line: Line; readonly unit: string; readonly stacked?: boolean };

/** The overview dashboard: every graph has one line per pool. */
export class Overview extends Construct {
  readonly dashboard: Dashboard;
  private readonly graphs: { readonly widget: GraphWidget; readonly line: Line }[] = [];
  private readonly links: string[] = [];

  constructor(scope: Construct, id: string, { name, alarms, functions }: OverviewProps) {
    super(scope, id);
    const links = Lazy.string({ produce: () => this.links.join(' · ') });
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: name,
      periodOverride: PeriodOverride.INHERIT,
      widgets: [
        [new TextWidget({ markdown: links, width: FULL, height: 1 })],
        [new AlarmRow({ title: 'Alarms', alarms, height: 3 })],
        [
          this.graph('Queue depth', { line: line('QueueDepth', 'Maximum'), unit: 'tasks' }),
          this.graph('Queue wait of tasks that started (p95)', {
            line: line('TaskQueueTime', 'p95'),
            unit: 'seconds',
          }),
          this.graph('Tasks started on time', {
            line: line('ObjectiveAttained', 'Average'),
            unit: 'percent',
          }),
        ],
        [
          this.graph('Desired count', {
            line: line('DesiredCount', 'Average'),
            unit: 'agents',
            stacked: true,
          }),
          this.graph('Utilization', { line: line('Utilization', 'Average'), unit: 'percent' }),
          this.graph('Tasks completed', {
            line: line('TasksCompleted', 'Sum', 5),
            unit: 'tasks per 5 minutes',
            stacked: true,
          }),
        ],
        [scalingActions(functions.scale.logGroup)],
        [
          this.graph('Dead-letter queue depth', { line: deadLetters, unit: 'tasks' }),
          functionsGraph(functions),
          this.graph('Agent-hours today (UTC)', {
            line: line('AgentHoursToday', 'Maximum', 5),
            unit: 'agent-hours',
            stacked: true,
          }),
        ],
      ],
    });
  }

  /** Adds a pool to every graph, and a link to its page. */
  add(deployed: DeployedPool, page: string): void {
    for (const { widget, line } of this.graphs) widget.addLeftMetric(line(deployed));
    this.links.push(`[${deployed.pool.name}](#dashboards/dashboard/${page})`);
  }

  private graph(title: string, { line, unit, stacked = false }: LineGraph): GraphWidget {
    const widget = graph({ title, unit, left: [], stacked });
    this.graphs.push({ widget, line });
    return widget;
  }
}

function line(metric: MetricName, statistic: Statistic, periodMinutes = 1): Line {
  return ({ stack, pool: { name } }) =>
    poolMetric({ stack, pool: name }, metric, { statistic, periodMinutes, label: name });
}

function deadLetters({ pool, queue }: DeployedPool): IMetric {
  return queue.deadLetterQueue.metricApproximateNumberOfMessagesVisible({
    statistic: 'Maximum',
    period: Duration.minutes(1),
    label: pool.name,
  });
}

function functionsGraph({ scale, reconcile, compact }: Functions): GraphWidget {
  const period = Duration.minutes(5);
  return graph({
    title: 'Functions: errors and duration',
    left: [
      scale.metricErrors({ period, label: 'scaler errors' }),
      reconcile.metricErrors({ period, label: 'reconciler errors' }),
      compact.metricErrors({ period, label: 'compactor errors' }),
    ],
    right: [scale.metricDuration({ period, label: 'scaler duration' })],
    unit: 'errors per 5 minutes',
    rightUnit: 'milliseconds',
  });
}
