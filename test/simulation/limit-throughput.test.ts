// Covers: agent/limits/limit-queue.ts, agent/limits/lease-balance.ts, agent/limits/lease-size.ts
import { expect, test } from 'vitest';
import { agentLimits } from '../../agent/limits/agent-limits.ts';
import { LimitRecords } from '../../sim/aws/limit-records.ts';
import { Engine, Process } from '../../sim/engine.ts';

const SECONDS = 1_200;

/** The limit time, in seconds, that slots use which call again and again; each on an agent of its own unless `agents` says. */
async function usedSeconds(slots: number, call: { readonly acquiredMs: number; readonly usedMs: number }) {
  const engine = new Engine(1);
  engine.skewMs = () => 0;
  const store = new LimitRecords();
  const { signal } = new AbortController();
  let calls = 0;
  for (let slot = 0; slot < slots; slot++) {
    const { clock } = new Process(engine, `agent-${slot}`);
    const log = { warn: () => {} };
    const limits = agentLimits([{ name: 'model', perMinute: { tokens: 60_000 } }], { store, clock, log });
    const callOnce = async () => {
      const { acquire, used } = limits.forTask(signal);
      await acquire('model', { requests: 0, tokens: call.acquiredMs });
      calls += 1;
      await clock.sleep(1_000);
      used('model', { requests: 0, tokens: call.usedMs });
    };
    const callAgain = (): Promise<void> =>
      callOnce()
        .catch(() => clock.sleep(5_000))
        .then(callAgain);
    engine.after(100 * slot, () => void callAgain());
  }
  for (let second = 1; second < SECONDS; second++) engine.after(1_000 * second, () => {});
  await engine.runUntil(SECONDS, () => false);
  return (calls * call.usedMs) / 1_000;
}

test.each([
  ['use what they acquired', 6, { acquiredMs: 4_000, usedMs: 4_000 }],
  ['use half of what they acquired', 6, { acquiredMs: 4_000, usedMs: 2_000 }],
  ['use somewhat less than they acquired', 6, { acquiredMs: 3_000, usedMs: 2_700 }],
  ['use more than they acquired', 6, { acquiredMs: 2_000, usedMs: 2_400 }],
  ['are many, in a long line', 20, { acquiredMs: 1_500, usedMs: 1_000 }],
])(
  'calls that %s have nine tenths of their limit together, and no more than all of it',
  async (_case, slots, call) => {
    const seconds = await usedSeconds(slots, call);
    expect(seconds).toBeGreaterThan(0.9 * SECONDS);
    expect(seconds).toBeLessThan(1.02 * SECONDS);
  },
);
