// Covers: sim/backtest/provider.ts, sim/backtest/candidates.ts, sim/backtest/world.ts, shared/core/guards/provider-limits.ts
import { expect, test } from 'vitest';
import { readTrace } from '../../shared/tasks/trace.ts';
import { candidatesFor, type PolicyResult } from '../../sim/backtest/candidates.ts';
import { pool } from '../unit/build.ts';

const PER_MINUTE = 60_000;
const trace = (await readTrace('sim/traces/azure-conversation.csv.gz')).slice(0, 3_000);
const model = {
  config: pool({ min: 2, max: 400 }),
  startupSeconds: 45,
  limit: { name: 'limit', perMinute: { tokens: PER_MINUTE }, priority: 0 },
};

test('behind a limit, a pool completes as much as KEDA and Knative at their best, at a fraction of their cost and of the refused calls', async () => {
  const results: PolicyResult[] = [];
  for (const candidate of candidatesFor(['default', 'keda', 'knative']))
    results.push(await candidate.run(trace, model, () => {}));
  const [ours, ...peers] = results as [PolicyResult, ...PolicyResult[]];
  const tokens = trace.reduce((sum, task) => sum + (task.tokens ?? 0), 0);
  // What the limit lets through, with a minute's worth that the provider's bucket holds at first.
  const most = trace.length / (tokens / PER_MINUTE - 1);
  expect(ours.completedPerMinute).toBeGreaterThan(0.9 * most);
  for (const peer of peers) {
    expect(ours.completedPerMinute).toBeGreaterThan(0.93 * peer.completedPerMinute);
    expect(ours.paidSeconds).toBeLessThan(0.5 * peer.paidSeconds);
    expect(ours.refusedCalls).toBeLessThan(0.1 * peer.refusedCalls);
  }
});
