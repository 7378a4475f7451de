// Covers: sim/backtest/compare.ts, sim/backtest/comparison.ts, sim/backtest/report.ts, sim/prices.ts
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PolicyResult } from '../../sim/backtest/candidates.ts';
import { compare, documentOf, dollarsPerMonth, type TraceResult } from '../../sim/backtest/compare.ts';
import { comparisonOf, summaryOf } from '../../sim/backtest/comparison.ts';
import { tablesOf } from '../../sim/backtest/report.ts';
import { AGENT_HOUR, CONTROL_PLANE_MONTH } from '../../sim/prices.ts';
import { pool } from './build.ts';

const model = { config: pool({}), startupSeconds: 45 };

function result(changes: Partial<PolicyResult>): PolicyResult {
  return {
    policy: 'default',
    kind: 'own',
    setting: null,
    atEdge: false,
    within: 0.96,
    worstHourWithin: 0.9,
    queueWaitSeconds: { p50: 0, p95: 20, p99: 40, max: 60 },
    paidSeconds: 7_200,
    paidPerBusy: 1.2,
    launches: 10,
    actions: 10,
    completedPerMinute: 6,
    refusedCalls: 0,
    ...changes,
  };
}
const ours = (changes: Partial<PolicyResult> = {}) => result(changes);
const peer = (changes: Partial<PolicyResult> = {}) =>
  result({ policy: 'keda', kind: 'peer', setting: 1.2, paidPerBusy: 1.5, ...changes });
const oracle = (changes: Partial<PolicyResult> = {}) =>
  result({ policy: 'oracle', kind: 'bound', setting: 0.75, paidPerBusy: 1.1, ...changes });
const traceOf = (...policies: PolicyResult[]): TraceResult => ({
  trace: 'week',
  tasks: 100,
  seconds: 3_600,
  policies,
});
const gapOf = (...policies: [PolicyResult, ...PolicyResult[]]) =>
  compare(policies[0], traceOf(...policies), 95).gapClosed;

describe('the gap closed', () => {
  test('the gap closed is our share of the way from the cheapest peer to the oracle', () => {
    expect(gapOf(ours(), peer(), oracle())).toBeCloseTo(0.75, 10);
    expect(gapOf(ours(), peer(), peer({ policy: 'knative', paidPerBusy: 1.3 }), oracle())).toBeCloseTo(
      0.5,
      10,
    );
  });
  test('the gap closed is negative where a peer is cheaper', () => {
    expect(gapOf(ours({ paidPerBusy: 1.7 }), peer(), oracle())).toBeCloseTo(-0.5, 10);
  });
  test('a peer that misses the objective and a constant fleet are not what we are compared with', () => {
    const missed = peer({ policy: 'knative', paidPerBusy: 1.15, within: 0.9 });
    const fleet = result({ policy: 'static', kind: 'bound', paidPerBusy: 1.16 });
    expect(gapOf(ours(), missed, fleet, peer(), oracle())).toBeCloseTo(0.75, 10);
  });
  test.each([
    ['we miss the objective', [ours({ within: 0.94 }), peer(), oracle()]],
    ['the oracle misses it', [ours(), peer(), oracle({ within: 0.94 })]],
    ['every peer misses it', [ours(), peer({ within: 0.94 }), oracle()]],
    ['a peer costs no more than the oracle', [ours(), peer({ paidPerBusy: 1.1 }), oracle()]],
  ] as const)('the gap closed is undefined where %s', (_where, policies) => {
    expect(gapOf(...policies)).toBeUndefined();
  });
  test('the mean of the gaps closed leaves out the undefined ones', () => {
    const traces = [
      traceOf(ours(), peer(), oracle()),
      traceOf(ours({ paidPerBusy: 1.4 }), peer(), oracle()),
      traceOf(ours({ within: 0.9 }), peer(), oracle()),
    ];
    const document = documentOf(traces, 95);
    expect(document.meanGapClosed['default']).toBeCloseTo(0.5, 10);
    expect(document.traces.map(({ policies }) => policies[0])).toMatchObject([
      { gapClosed: expect.closeTo(0.75, 10) },
      { gapClosed: expect.closeTo(0.25, 10) },
      { gapClosed: null },
    ]);
    expect(summaryOf(traces, model)).toMatch(/\| mean +\|.* 50 % of 2 \|/);
    expect(comparisonOf(traces, model)).toMatch(/\| mean +\|.* 50 % of 2 \|/);
  });
});

describe('the tables', () => {
  test('the tables mark a best setting that stands at an edge of its range', () => {
    const tables = tablesOf([traceOf(peer({ setting: 6, atEdge: true }))], model);
    expect(tables).toMatch(/\| keda +\| 6 \(edge\) \|/);
    expect(tablesOf([traceOf(peer({ setting: 6 }))], model)).toMatch(/\| keda +\| +6 \|/);
  });
  test('the comparison names the cheapest peer with its setting', () => {
    const comparison = comparisonOf([traceOf(ours(), peer(), oracle())], model);
    expect(comparison).toMatch(/\| week +\| +96.0 % \| +1.200 \| keda 1.2: 1.500 \| +1.100 \| +75 % \|/);
  });
  test('the comparison of a policy that misses the objective says so', () => {
    expect(summaryOf([traceOf(ours({ within: 0.9 }), peer(), oracle())], model)).toContain('90.0 %, missed');
  });
});

describe('dollars', () => {
  test('a run costs what its agents cost, were its traffic to go on all month', () => {
    // Two agents paid for the whole hour.
    expect(dollarsPerMonth(ours(), traceOf())).toBeCloseTo(2 * 730 * AGENT_HOUR, 10);
    expect(AGENT_HOUR).toBeCloseTo(0.009875, 10);
  });
  test('the price of the control plane is the sum of what the cost page lists for a pool at work', () => {
    const rows = readFileSync('docs/cost.md', 'utf8').split('\n');
    const costs = ['a scaler that ticks', 'a pool: alarms', 'a pool at work:'].flatMap((what) =>
      rows.filter((row) => row.startsWith(`| ${what}`)).map((row) => Number(/\$([\d.]+)/.exec(row)?.[1])),
    );
    expect(costs).toHaveLength(5);
    // Within five cents: the length of the log's lines varies from run to run.
    expect(CONTROL_PLANE_MONTH).toBeCloseTo(
      costs.reduce((sum, cost) => sum + cost, 0),
      1,
    );
  });
});
