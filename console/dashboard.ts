import * as z from 'zod';

/** The parts of a CloudWatch dashboard that the console draws. */
export type Dashboard = {
  readonly name: string;
  /** Names of the alarms on it. */
  readonly alarms: readonly string[];
  readonly graphs: readonly Graph[];
};

/** A graph over time. */
export type Graph = {
  readonly title: string;
  /** In columns of CloudWatch's 24-column grid. */
  readonly width: number;
  readonly stacked: boolean;
  readonly unit: string;
  readonly rightUnit: string;
  readonly lines: readonly Line[];
  /** Reference lines. */
  readonly limits: readonly { readonly label: string; readonly value: number }[];
};

export type Line = {
  /** Identifies the line's points. Equal lines have equal keys. */
  readonly key: string;
  readonly label: string;
  readonly axis: 'left' | 'right';
};

/** The metric that a line draws. */
export type MetricSpec = {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly stat: string;
  /** Draw it per second instead of per period: the only expression that the dashboards use. */
  readonly perSecond: boolean;
};

const rendering = z.object({
  label: z.string().optional(),
  stat: z.string().default('Average'),
  id: z.string().optional(),
  visible: z.boolean().default(true),
  yAxis: z.enum(['left', 'right']).default('left'),
  expression: z.string().optional(),
});

const axis = z.object({ label: z.string().default('') }).default({ label: '' });

const widgetSchema = z.object({
  type: z.string(),
  width: z.number(),
  properties: z.object({
    title: z.string().default(''),
    alarms: z.array(z.string()).default([]),
    stacked: z.boolean().default(false),
    metrics: z.array(z.array(z.unknown())).default([]),
    annotations: z
      .object({
        horizontal: z.array(z.object({ label: z.string().default(''), value: z.number() })).default([]),
      })
      .default({ horizontal: [] }),
    yAxis: z.object({ left: axis, right: axis }).default({ left: { label: '' }, right: { label: '' } }),
  }),
});

/** Parses the body of a dashboard. @throws ZodError if it's invalid. */
export function parseDashboard(name: string, body: string): Dashboard {
  const { widgets } = z.object({ widgets: z.array(widgetSchema) }).parse(JSON.parse(body));
  const alarms = widgets.flatMap(({ properties }) => properties.alarms.map(alarmName));
  return { name, alarms, graphs: widgets.flatMap(graphOf) };
}

/** Parses `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`. */
function alarmName(arn: string): string {
  return arn.split(':').at(-1) ?? arn;
}

/** Skips text widgets and the log table: the console has its own page selector and list of decisions. */
function graphOf({ type, width, properties }: z.infer<typeof widgetSchema>): Graph[] {
  if (type !== 'metric') return [];
  const { title, stacked, metrics, annotations, yAxis } = properties;
  const limits = annotations.horizontal.map(({ label, value }) => ({ label, value }));
  const [unit, rightUnit] = [yAxis.left.label, yAxis.right.label];
  return [{ title, width, stacked, unit, rightUnit, lines: linesOf(metrics), limits }];
}

type Entry = {
  readonly spec: Omit<MetricSpec, 'perSecond'> | undefined;
  readonly options: z.infer<typeof rendering>;
};

function linesOf(metrics: readonly (readonly unknown[])[]): readonly Line[] {
  const entries = spelledOut(metrics).map(entryOf);
  return entries.flatMap(({ spec, options }): Line[] => {
    const { label = spec?.metric ?? '', yAxis, visible, expression } = options;
    if (expression !== undefined) {
      const rate = rateOf(expression, entries);
      return rate ? [{ key: keyOf({ ...rate, perSecond: true }), label, axis: yAxis }] : [];
    }
    return visible && spec ? [{ key: keyOf({ ...spec, perSecond: false }), label, axis: yAxis }] : [];
  });
}

/** Replaces `.`, which repeats the value from the line before. */
function spelledOut(metrics: readonly (readonly unknown[])[]): readonly (readonly unknown[])[] {
  const full: unknown[][] = [];
  for (const line of metrics) {
    const before = full.at(-1) ?? [];
    full.push(line.map((part, index) => (part === '.' ? before[index] : part)));
  }
  return full;
}

/** Parses `x / PERIOD(x)` and returns the metric `x`. */
function rateOf(expression: string, entries: readonly Entry[]): Entry['spec'] {
  const [, id] = /^(\w+) \/ PERIOD\(\1\)$/.exec(expression) ?? [];
  return entries.find(({ options }) => options.id === id && id !== undefined)?.spec;
}

function entryOf(metric: readonly unknown[]): Entry {
  const last = metric.at(-1);
  const options = rendering.parse(typeof last === 'object' ? last : {});
  const [namespace, name, ...dimensions] = metric.filter((part): part is string => typeof part === 'string');
  if (namespace === undefined || name === undefined) return { spec: undefined, options };
  const pairs = dimensions.flatMap((key, index) =>
    index % 2 === 0 ? [[key, dimensions[index + 1] ?? ''] as const] : [],
  );
  return {
    spec: { namespace, metric: name, dimensions: Object.fromEntries(pairs), stat: options.stat },
    options,
  };
}

/** The order of dimensions doesn't matter. */
export function keyOf({ namespace, metric, dimensions, stat, perSecond }: MetricSpec): string {
  const sorted = Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, metric, Object.fromEntries(sorted), stat, perSecond]);
}

export function specOf(key: string): MetricSpec {
  const [namespace, metric, dimensions, stat, perSecond] = JSON.parse(key) as [
    string,
    string,
    Record<string, string>,
    string,
    boolean,
  ];
  return { namespace, metric, dimensions, stat, perSecond };
}

/** The distinct keys of all lines. */
export function keysOf(dashboards: readonly Dashboard[]): readonly string[] {
  const keys = dashboards.flatMap(({ graphs }) => graphs.flatMap(({ lines }) => lines.map(({ key }) => key)));
  return [...new Set(keys)];
}
