import {
  AlarmStatusWidget,
  Color,
  ConcreteWidget,
  GraphWidget,
  type GraphWidgetProps,
  type HorizontalAnnotation,
  type IAlarm,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';

/** Widths on CloudWatch's 24-column grid. */
export const FULL = 24;
export const WHOLE = 24;
export const HALF = 12;
const THIRD = 8;
const HEIGHT = 6;

type Graph = {
  readonly title: string;
  readonly left: readonly IMetric[];
  readonly right?: readonly IMetric[];
  readonly unit?: string;
  readonly rightUnit?: string;
  /** Reference lines. */
  readonly limits?: readonly { readonly label: string; readonly value: number }[];
  readonly stacked?: boolean;
  readonly width?: number;
};

/** A graph over time, with axes that start at zero. */
export function graph({
  title,
  left,
  right = [],
  unit,
  rightUnit,
  limits = [],
  stacked,
  width,
}: Graph): GraphWidget {
  const props: GraphWidgetProps = {
    title,
    left: [...left],
    right: [...right],
    leftYAxis: { min: 0, showUnits: false, ...(unit !== undefined && { label: unit }) },
    rightYAxis: { min: 0, showUnits: false, ...(rightUnit !== undefined && { label: rightUnit }) },
    leftAnnotations: limits.map(
      ({ label, value }): HorizontalAnnotation => ({ label, value, color: Color.RED }),
    ),
    stacked: stacked ?? false,
    width: width ?? THIRD,
    height: HEIGHT,
  };
  return new GraphWidget(props);
}

/** CloudWatch accepts at most this many alarms in a widget (dashboard body structure, `alarms`). */
const ALARMS_IN_A_WIDGET = 100;

type AlarmRowProps = {
  readonly title: string;
  /** The array may grow until synthesis. */
  readonly alarms: readonly IAlarm[];
  readonly height: number;
};

/** The states of alarms, in as many widgets beside each other as it takes. */
export class AlarmRow extends ConcreteWidget {
  private readonly props: AlarmRowProps;

  constructor(props: AlarmRowProps) {
    super(FULL, props.height);
    this.props = props;
  }

  override toJson(): object[] {
    const { title, alarms, height } = this.props;
    const count = Math.ceil(alarms.length / ALARMS_IN_A_WIDGET);
    const width = Math.floor(FULL / count);
    return Array.from({ length: count }, (_, index) => {
      const shown = alarms.slice(index * ALARMS_IN_A_WIDGET, (index + 1) * ALARMS_IN_A_WIDGET);
      const widget = new AlarmStatusWidget({ title, alarms: shown, width, height });
      widget.position((this.x ?? 0) + index * width, this.y ?? 0);
      return widget.toJson() as object[];
    }).flat();
  }
}

/** The latest changes and their reasons, from the scaler's log (`functions/scale/telemetry.ts`). */
export function scalingActions(logs: ILogGroup, pool?: string): LogQueryWidget {
  const ofPool = pool === undefined ? '' : ` and pool = "${pool}"`;
  return new LogQueryWidget({
    title: 'Scaling actions',
    logGroupNames: [logs.logGroupName],
    view: LogQueryVisualizationType.TABLE,
    queryLines: [
      'fields @timestamp, pool, decision.kind, decision.from, outcome.desired, decision.reason.code, decision.reason.text',
      `filter decision.kind in ["scale-out", "scale-in", "repair"]${ofPool}`,
      'sort @timestamp desc',
      'limit 100',
    ],
    width: FULL,
    height: HEIGHT,
  });
}
