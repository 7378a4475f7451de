// Covers: infra/watch/dashboards/overview.ts, infra/watch/dashboards/widgets.ts, infra/watch/dashboards/pool-page.ts, infra/watch/pool-alarms.ts, infra/watch/platform-alarms.ts, shared/telemetry/catalog.ts, functions/scale/telemetry.ts
import { existsSync, readFileSync } from 'node:fs';
import { Logger } from '@aws-lambda-powertools/logger';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { powertoolsTelemetry } from '../../functions/scale/telemetry.ts';
import { CATALOG } from '../../shared/telemetry/catalog.ts';
import { NAMESPACE } from '../../shared/telemetry/metrics.ts';
import { decisionRecord, inputs, observation } from '../unit/build.ts';
import { TWO_POOLS, templateOf } from './synthesize.ts';

type Widget = {
  readonly type: string;
  readonly properties: {
    readonly metrics?: unknown[][];
    readonly query?: string;
    readonly alarms?: unknown[];
  };
};

let template: Template;
beforeAll(() => {
  const limits = [{ name: 'model', perMinute: { tokens: 400_000 } }];
  template = templateOf(TWO_POOLS.map((pool) => ({ ...pool, limits })));
});

/** A dashboard's widgets; what CloudFormation fills in stands there as its own JSON. */
function dashboards(of = template): { readonly name: string; readonly widgets: readonly Widget[] }[] {
  return Object.values(of.findResources('AWS::CloudWatch::Dashboard')).map(({ Properties }) => {
    const parts = Properties.DashboardBody['Fn::Join'][1] as unknown[];
    const body = parts.map((part) => (typeof part === 'string' ? part : 'filled-in')).join('');
    return { name: Properties.DashboardName as string, ...(JSON.parse(body) as { widgets: Widget[] }) };
  });
}

/** Names of the project's own metrics in a widget's metrics, `.` meaning the same as in the line before. */
function ownMetrics(widgets: readonly Widget[]): string[] {
  return widgets.flatMap(({ properties: { metrics = [] } }) => {
    const full: unknown[][] = [];
    for (const line of metrics) {
      const before = full.at(-1) ?? [];
      full.push(line.map((part, index) => (part === '.' ? before[index] : part)));
    }
    return full.filter(([namespace]) => namespace === NAMESPACE).map(([, name]) => name as string);
  });
}

describe('dashboards', () => {
  test('the stack has one dashboard for all pools and one for each', () => {
    const inRegion = (name: string) => ({ 'Fn::Join': ['', [`${name}-`, { Ref: 'AWS::Region' }]] });
    expect(dashboards().map(({ name }) => name)).toEqual([
      inRegion('Agentpool'),
      inRegion('Agentpool-ordered'),
      inRegion('Agentpool-unordered'),
    ]);
  });

  test('no dashboard draws a metric that is never emitted', () => {
    const emitted = new Set(Object.keys(CATALOG));
    for (const { widgets } of dashboards()) {
      const drawn = ownMetrics(widgets);
      expect(drawn.length).toBeGreaterThan(0);
      expect(drawn.filter((name) => !emitted.has(name))).toEqual([]);
    }
  });

  test('every emitted metric is on a dashboard', () => {
    for (const { name, widgets } of dashboards().slice(1)) {
      const drawn = new Set(ownMetrics(widgets));
      expect([name, ...Object.keys(CATALOG).filter((metric) => !drawn.has(metric))]).toEqual([name]);
    }
  });

  test('the log queries of the dashboards use fields that the scaler logs', () => {
    const lines: string[] = [];
    // So it writes to the console that can be listened to.
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    vi.spyOn(console, 'info').mockImplementation((line: string) => void lines.push(line));
    const busy = inputs(observation(2, { queue: { visible: 50 } }));
    const record = decisionRecord(busy, { kind: 'done', desired: 9, drained: [] });
    expect(record.decision.kind).toBe('scale-out');
    powertoolsTelemetry(new Logger(), () => {}).tick(record, []);
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    const logged = JSON.parse(lines[0] as string) as Record<string, unknown>;
    const queries = dashboards().flatMap(({ widgets }) =>
      widgets.flatMap(({ properties: { query } }) => query ?? []),
    );
    expect(queries).toHaveLength(3);
    const fields =
      /fields @timestamp, ([^\n|]+)/
        .exec(queries[1] as string)?.[1]
        ?.trim()
        .split(', ') ?? [];
    expect(fields.length).toBeGreaterThan(3);
    for (const field of fields) {
      const value = field
        .split('.')
        .reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], logged);
      expect([field, value]).not.toEqual([field, undefined]);
    }
    expect(queries[1]).toContain('pool = "ordered"');
  });

  test('the overview shows the alarms of a full stack, at most 100 in each widget', () => {
    const many = Array.from({ length: 10 }, (_, index) => ({ name: `pool-${index}`, handler: './a.ts' }));
    const full = templateOf(many);
    const [overview] = dashboards(full);
    const shown = overview?.widgets.flatMap(({ properties: { alarms } }) => (alarms ? [alarms.length] : []));
    expect(shown).toEqual([100, Object.keys(full.findResources('AWS::CloudWatch::Alarm')).length - 100]);
  });

  test.each([
    ['pages', 2],
    ['none', 0],
  ])('with dashboards=%s there are %i dashboards', (dashboards, count) => {
    templateOf(TWO_POOLS, { dashboards }).resourceCountIs('AWS::CloudWatch::Dashboard', count);
  });
});

describe('alarms', () => {
  const alarms = () => Object.entries(template.findResources('AWS::CloudWatch::Alarm'));

  test('alarms watch emitted metrics and notify when they start and end', () => {
    expect(alarms().length).toBe(3 + 15 + 14);
    for (const [, { Properties }] of alarms()) {
      expect(Properties.AlarmActions).toHaveLength(1);
      expect(Properties.OKActions).toEqual(Properties.AlarmActions);
      // CloudWatch charges for each metric of an alarm, so there's one.
      expect(Properties.Metrics ?? [{}]).toHaveLength(1);
      const { Namespace, MetricName } = Properties.Metrics?.[0].MetricStat.Metric ?? Properties;
      if (Namespace === NAMESPACE) expect(Object.keys(CATALOG)).toContain(MetricName);
    }
  });

  test('alarms do not fire without data, except those that watch for missing data', () => {
    const breaching = alarms().filter(([, { Properties }]) => Properties.TreatMissingData !== 'notBreaching');
    expect(breaching.map(([id]) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual([
      'PoolorderedAlarmsScalerNotTicking',
      'PoolunorderedAlarmsScalerNotTicking',
    ]);
  });

  test('every alarm has an entry in the runbook, and every entry an alarm', () => {
    const runbook = 'docs/operations.md';
    expect(existsSync(runbook)).toBe(true);
    const entries = [...readFileSync(runbook, 'utf8').matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    const named = alarms().map(
      ([, { Properties }]) => /docs\/operations\.md, (\w+)\.$/.exec(Properties.AlarmDescription)?.[1],
    );
    expect(new Set(entries)).toEqual(new Set(named));
  });
});
