import {
  Color,
  GraphWidget,
  type GraphWidgetProps,
  type HorizontalAnnotation,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';

/** Widths on CloudWatch's 24-column grid. */
export const FULL = 24;
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
