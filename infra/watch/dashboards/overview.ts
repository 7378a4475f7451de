import { Duration, Lazy } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
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
import { FULL, graph, scalingActions } from './widgets.ts';

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
        [new AlarmStatusWidget({ title: 'Alarms', alarms, width: FULL, height: 3 })],
        [
          this.graph('Queue depth', 'tasks', line('QueueDepth', 'Maximum')),
          this.graph('Queue wait (p95)', 'seconds', line('TaskQueueTime', 'p95')),
          this.graph('Tasks started on time', 'percent', line('ObjectiveAttained', 'Average')),
        ],
        [
          this.graph('Desired count', 'agents', line('DesiredCount', 'Average'), 'stacked'),
          this.graph('Utilization', 'percent', line('Utilization', 'Average')),
          this.graph('Tasks completed', 'tasks per 5 minutes', line('TasksCompleted', 'Sum', 5), 'stacked'),
        ],
        [scalingActions(functions.scale.logGroup)],
        [
          this.graph('Dead-letter queue depth', 'tasks', deadLetters),
          functionsGraph(functions),
          this.graph(
            'Agent-hours today (UTC)',
            'agent-hours',
            line('AgentHoursToday', 'Maximum', 5),
            'stacked',
          ),
        ],
      ],
    });
  }

  /** Adds a pool to every graph, and a link to its page. */
  add(deployed: DeployedPool, page: string): void {
    for (const { widget, line } of this.graphs) widget.addLeftMetric(line(deployed));
    this.links.push(`[${deployed.pool.name}](#dashboards/dashboard/${page})`);
  }

  private graph(title: string, unit: string, line: Line, stacked?: 'stacked'): GraphWidget {
    const widget = graph({ title, unit, left: [], stacked: stacked === 'stacked' });
    this.graphs.push({ widget, line });
    return widget;
  }
}

function line(metric: MetricName, statistic: Statistic, periodMinutes = 1): Line {
  return ({ pool: { name } }) => poolMetric(name, metric, statistic, { label: name, periodMinutes });
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
