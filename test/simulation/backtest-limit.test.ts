// Covers: sim/backtest/provider.ts, sim/backtest/world.ts, shared/core/guards/provider-limits.ts
import { expect, test } from 'vitest';
import { readTrace } from '../../shared/tasks/trace.ts';
import { productionScaler } from '../../sim/backtest/production.ts';
import { peerScaler } from '../../sim/backtest/scaler.ts';
import { simulate } from '../../sim/backtest/simulate.ts';
import { keda } from '../../sim/peers/keda.ts';
import { knative } from '../../sim/peers/knative.ts';
import { pool } from '../unit/build.ts';

const PER_MINUTE = 60_000;
const trace = (await readTrace('sim/traces/azure-conversation.csv.gz')).slice(0, 3_000);
const model = {
  config: pool({ min: 2, max: 400 }),
  startupSeconds: 45,
  limit: { name: 'limit', perMinute: { tokens: PER_MINUTE }, priority: 0 },
};

test.each([
  ['KEDA', keda],
  ['Knative', knative],
] as const)(
  'behind a limit, a pool completes as much as %s with any target, at a fraction of its cost and of its refused calls',
  async (_name, peer) => {
    const config = { ...model.config, limits: [model.limit] };
    const ours = await simulate(trace, { ...model, config }, { begin: productionScaler });
    const tokens = trace.reduce((sum, task) => sum + (task.tokens ?? 0), 0);
    // What the limit lets through, with the minute's worth that the provider's bucket holds at first.
    const most = trace.length / (tokens / PER_MINUTE - 1);
    expect(ours.completedPerMinute).toBeGreaterThan(0.9 * most);
    for (const target of [1, 2, 6]) {
      const theirs = await simulate(trace, model, { begin: (world) => peerScaler(peer, target, world) });
      expect(ours.completedPerMinute).toBeGreaterThan(0.93 * theirs.completedPerMinute);
      expect(ours.paidSeconds).toBeLessThan(0.5 * theirs.paidSeconds);
      expect(ours.refusedCalls).toBeLessThan(0.1 * theirs.refusedCalls);
    }
  },
);
