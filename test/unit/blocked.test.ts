import { describe, expect, test } from 'vitest';
import { type Blocked, blockedBacklog } from '../../shared/core/blocked.ts';
import { decide } from '../../shared/core/decide.ts';
import { decidedCount } from '../../shared/core/decision.ts';
import { known, type Reading } from '../../shared/core/observation.ts';
import type { PoolState } from '../../shared/core/pool/state.ts';
import { ids, inputs, NOW_MS, observation, pool } from './build.ts';

const TICK_MS = 15_000;
const config = pool({ min: 2, max: 100, policies: ['predictive', 'backlog'] });

type Read = {
  readonly visible: number;
  readonly inFlight?: number;
  readonly busy: number;
  readonly ready: number;
  /** Of the longest idle agent. */
  readonly idleSeconds?: number;
  readonly notReceiving?: number;
};

/** Decides tick after tick; returns the counts decided. */
function watch(reads: readonly Read[], given = config): readonly (number | undefined)[] {
  let state: Partial<PoolState> = {};
  return reads.map(({ visible, busy, ready, inFlight = busy, idleSeconds = 0, notReceiving = 0 }, tick) => {
    const atMs = NOW_MS + tick * TICK_MS;
    const agents = { busy, ready, idleSeconds, notReceiving, victims: ids(ready) };
    const seen = observation(busy + ready + notReceiving, { queue: { visible, inFlight }, agents });
    const at = { ...seen, atMs, queue: { ...seen.queue, atMs }, agents: { ...seen.agents, atMs } };
    const { decision, memory } = decide(
      inputs({ ...at, fleet: known(knownOf(seen.fleet), atMs) }, { state, config: given }),
    );
    const { forecast: _, ...remembered } = memory;
    state = remembered;
    return decidedCount(decision);
  });
}

function knownOf<T>(reading: Reading<T>): T {
  if (reading.kind === 'unknown') throw new Error('unknown');
  return reading.value;
}

/** An agent that has been idle since before the first tick, beside messages that stay visible. */
const idleBeside = (visible: number, ticks: number): readonly Read[] =>
  Array.from({ length: ticks }, (_, tick) => ({ visible, busy: 2, ready: 1, idleSeconds: 20 + tick * 15 }));

describe('messages blocked behind their conversation', () => {
  test('messages count as blocked, and ask for no agent, once an idle agent has taken none over several ticks', () => {
    expect(watch(idleBeside(40, 4)).slice(2)).toEqual([3, 3]);
  });
  test('one tick proves nothing: it may have read the count before the burst was claimed', () => {
    const [, second] = watch([...idleBeside(100, 1), { visible: 98, busy: 3, ready: 0 }]);
    expect(second).toBe(100);
  });
  test('an agent that has just become idle proves nothing', () => {
    const reads = Array.from({ length: 4 }, () => ({ visible: 40, busy: 2, ready: 1, idleSeconds: 1 }));
    expect(watch(reads).at(-1)).toBe(42);
  });
  test('an idle agent that took a message in between starts the evidence over', () => {
    expect(watch([...idleBeside(40, 3), { visible: 40, busy: 2, ready: 1, idleSeconds: 14 }]).at(-1)).toBe(
      42,
    );
  });
  test('they are forgotten at once when no agent is idle', () => {
    expect(watch([...idleBeside(40, 3), { visible: 40, busy: 3, ready: 0 }]).at(-1)).toBe(43);
  });
  test('no more are blocked than have stayed visible', () => {
    const [last] = watch([...idleBeside(40, 3), { visible: 60, busy: 2, ready: 1, idleSeconds: 65 }]).slice(
      -1,
    );
    expect(last).toBe(22);
  });
  test('nothing is blocked while no message is in flight', () => {
    const reads = Array.from({ length: 5 }, (_, tick) => ({
      visible: 40,
      inFlight: 0,
      busy: 0,
      ready: 3,
      idleSeconds: 20 + tick * 15,
    }));
    expect(watch(reads).at(-1)).toBe(40);
  });
  test('an agent that cannot receive proves nothing, and is no supply', () => {
    const reads = Array.from({ length: 5 }, () => ({ visible: 5_000, busy: 9, ready: 0, notReceiving: 1 }));
    expect(watch(reads).at(-1)).toBe(100);
  });
  test('an agent that leaves them in the queue, because calls wait for a limit, proves nothing', () => {
    const { agents } = observation(3, { agents: { busy: 2, ready: 1, idleSeconds: 60 } });
    const counted = (lineSeconds: number) =>
      [1, 2, 3, 4].reduce<Blocked | undefined>((before, tick) => {
        const queue = { visible: 40, inFlight: 2, delayed: 0 };
        const reading = { queue, agents: knownOf(agents), lineSeconds, atMs: NOW_MS + tick * TICK_MS };
        return blockedBacklog(reading, before, config);
      }, undefined)?.count;
    expect(counted(1)).toBe(40);
    expect(counted(9)).toBeUndefined();
  });
  test('an unordered pool has none', () => {
    expect(watch(idleBeside(40, 4), pool({ ...config, ordering: 'none' })).at(-1)).toBe(42);
  });
});
