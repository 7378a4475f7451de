// Covers: console/dashboard.ts, console/local/metrics.ts, console/local/alarms.ts, console/page/dashboards/history.ts
import { describe, expect, test } from 'vitest';
import { keysOf, parseDashboard, specOf } from '../../console/dashboard.ts';
import { evaluate } from '../../console/local/alarms.ts';
import { metricStore, PERIOD_SECONDS } from '../../console/local/metrics.ts';
import { align, createHistory } from '../../console/page/dashboards/history.ts';

const graph = (metrics: readonly unknown[]) => ({
  type: 'metric',
  width: 8,
  properties: {
    title: 'Agents',
    stacked: true,
    metrics,
    annotations: { horizontal: [{ label: 'max', value: 10, color: '#f00' }] },
    yAxis: { left: { label: 'agents', min: 0 } },
  },
});
const dashboardOf = (...widgets: object[]) => parseDashboard('page', JSON.stringify({ widgets }));

describe('a CloudWatch dashboard', () => {
  test('a CloudWatch dashboard is read with its lines, axes and thresholds', () => {
    const metrics = [
      ['agentpool', 'AgentsBusy', 'Pool', 'a', { label: 'busy', stat: 'Maximum' }],
      ['.', 'AgentsReady', '.', 'b', { yAxis: 'right' }],
    ];
    const [first] = dashboardOf(graph(metrics)).graphs;
    expect(first).toMatchObject({
      title: 'Agents',
      stacked: true,
      unit: 'agents',
      limits: [{ label: 'max', value: 10 }],
      lines: [
        { label: 'busy', axis: 'left' },
        { label: 'AgentsReady', axis: 'right' },
      ],
    });
    expect(first?.lines.map(({ key }) => specOf(key))).toEqual([
      {
        namespace: 'agentpool',
        metric: 'AgentsBusy',
        dimensions: { Pool: 'a' },
        stat: 'Maximum',
        perSecond: false,
      },
      {
        namespace: 'agentpool',
        metric: 'AgentsReady',
        dimensions: { Pool: 'b' },
        stat: 'Average',
        perSecond: false,
      },
    ]);
  });

  test('a rate is drawn from a metric that is not shown itself', () => {
    const metrics = [
      [{ label: 'per second', expression: 'done / PERIOD(done)' }],
      ['agentpool', 'TasksCompleted', 'Pool', 'a', { id: 'done', visible: false, stat: 'Sum' }],
    ];
    const [key = '', ...others] = keysOf([dashboardOf(graph(metrics))]);
    expect(others).toEqual([]);
    expect(specOf(key)).toMatchObject({ metric: 'TasksCompleted', stat: 'Sum', perSecond: true });
  });

  test('a CloudWatch dashboard lists its alarms', () => {
    const alarms = ['arn:aws:cloudwatch:eu-west-1:123456789012:alarm:DeadLetters'];
    const dashboard = dashboardOf({ type: 'alarm', width: 24, properties: { title: 'Alarms', alarms } });
    expect(dashboard).toEqual({ name: 'page', alarms: ['DeadLetters'], graphs: [] });
  });

  test('a widget that is no graph is left out', () => {
    expect(dashboardOf({ type: 'text', width: 24, properties: { markdown: '' } }).graphs).toEqual([]);
  });
});

describe('logged metrics', () => {
  const START_MS = 1_700_000_000_000;
  const line = (atMs: number, value: number | number[]) =>
    JSON.stringify({
      _aws: {
        Timestamp: atMs,
        CloudWatchMetrics: [
          { Namespace: 'agentpool', Dimensions: [['Pool']], Metrics: [{ Name: 'TaskQueueTime' }] },
        ],
      },
      Pool: 'a',
      TaskQueueTime: value,
    });
  const key = (stat: string, perSecond = false) =>
    JSON.stringify(['agentpool', 'TaskQueueTime', { Pool: 'a' }, stat, perSecond]);

  test.each([
    ['Average', false, 2.5],
    ['Sum', false, 10],
    ['Sum', true, 10 / PERIOD_SECONDS],
    ['Maximum', false, 4],
    ['Minimum', false, 1],
    ['SampleCount', false, 4],
    ['p50', false, 2],
    ['p95', false, 4],
    ['PR(:2)', false, 50],
    ['PR(:0.5)', false, 0],
  ])('logged metrics give their %s in each period (per second: %s)', (stat, perSecond, expected) => {
    const store = metricStore();
    store.addLine(line(START_MS, [3, 1]));
    store.addLine(line(START_MS + 1, [4, 2]));
    store.addLine(line(START_MS + 1000 * PERIOD_SECONDS, 9));
    const points = store.points([key(stat, perSecond)], 0)[key(stat, perSecond)];
    expect(points?.map(([, value]) => value)[0]).toBe(expected);
    expect(points).toHaveLength(2);
  });

  test('logged metrics are read from a given time on, without truncated and foreign lines', () => {
    const store = metricStore();
    store.addLine(line(START_MS, 1));
    store.addLine(line(START_MS + 60_000, 2).slice(0, -5));
    store.addLine('{"level":"INFO"}');
    expect(store.points([key('Sum')], START_MS + 60_000)).toEqual({ [key('Sum')]: [] });
    expect(store.points(['["agentpool","None",{},"Sum",false]'], 0)).toEqual({
      '["agentpool","None",{},"Sum",false]': [],
    });
  });
});

describe('a local alarm', () => {
  const SINCE_MS = 1_700_000_000_000;
  const NOW_MS = SINCE_MS + 3_600_000;
  const Metric = { Namespace: 'agentpool', MetricName: 'Ticks', Dimensions: [{ Name: 'Pool', Value: 'a' }] };
  const three = {
    ComparisonOperator: 'LessThanThreshold',
    EvaluationPeriods: 3,
    TreatMissingData: 'breaching',
  };
  const ticks = { ...three, Threshold: 1, Metrics: [{ MetricStat: { Metric, Period: 60, Stat: 'Sum' } }] };
  const above = { ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 2 };
  const errors = {
    ...above,
    ...Metric,
    TreatMissingData: 'notBreaching',
    Threshold: 5,
    Period: 60,
    Statistic: 'Maximum',
  };

  test.each([
    ['no data, which it asks for', ticks, [], NOW_MS, 'alarm'],
    ['data in one of its periods', ticks, [[90, 1]], NOW_MS, 'ok'],
    ['data before its periods only', ticks, [[200, 1]], NOW_MS, 'alarm'],
    ['no data, two minutes after the start', ticks, [], SINCE_MS + 120_000, 'unknown'],
    ['no data, which is no news', errors, [], NOW_MS, 'ok'],
    [
      'all periods beyond',
      errors,
      [
        [30, 6],
        [90, 7],
      ],
      NOW_MS,
      'alarm',
    ],
    [
      'one period at the threshold',
      errors,
      [
        [30, 6],
        [90, 5],
      ],
      NOW_MS,
      'ok',
    ],
    ['one of two periods beyond', errors, [[30, 6]], NOW_MS, 'ok'],
    [
      'one of two periods beyond, which is enough',
      { ...errors, DatapointsToAlarm: 1 },
      [[90, 6]],
      NOW_MS,
      'alarm',
    ],
    [
      'none of two periods beyond, where one is enough',
      { ...errors, DatapointsToAlarm: 1 },
      [],
      NOW_MS,
      'ok',
    ],
  ])('a local alarm is evaluated with %s', (_, properties, values, nowMs, state) => {
    const store = metricStore();
    for (const [secondsAgo = 0, value = 0] of values)
      store.add({
        namespace: 'agentpool',
        metric: 'Ticks',
        dimensions: { Pool: 'a' },
        atMs: nowMs - 1000 * secondsAgo,
        value,
      });
    const alarm = { name: 'Alarm', properties: { ...properties, AlarmDescription: 'what to do' } };
    expect(evaluate(alarm, store, { sinceMs: SINCE_MS, nowMs })).toEqual({
      name: 'Alarm',
      description: 'what to do',
      state,
    });
  });
});

describe('the history of the page', () => {
  test("the page's history has each point once, in order, with its latest value", () => {
    const history = createHistory();
    expect([
      ...history.add({
        a: [
          [10, 1],
          [20, 2],
        ],
      }),
    ]).toEqual(['a']);
    expect([...history.add({ a: [[20, 2]] })]).toEqual([]);
    expect([
      ...history.add({
        a: [
          [20, 3],
          [15, 9],
          [30, 4],
        ],
      }),
    ]).toEqual(['a']);
    expect(history.of('a')).toEqual({ seconds: [10, 15, 20, 30], values: [1, 9, 3, 4] });
  });

  test("the page's history aligns several lines, with gaps where one has no point", () => {
    const a = { seconds: [10, 20], values: [1, 2] };
    const b = { seconds: [20, 30], values: [5, 6] };
    expect(align([a, b])).toEqual([
      [10, 20, 30],
      [1, 2, null],
      [null, 5, 6],
    ]);
    expect(align([a, a])).toEqual([
      [10, 20],
      [1, 2],
      [1, 2],
    ]);
  });
});
