// Covers: shared/core/staffing.ts, shared/core/forecast/candidates.ts, shared/core/forecast/staffing-margin.ts, shared/core/forecast/signals/shadow-fleets.ts, shared/core/forecast/signals/burstiness.ts
import { describe, expect, test } from 'vitest';
import { blended, CANDIDATES } from '../../shared/core/forecast/candidates.ts';
import type { Step } from '../../shared/core/forecast/signal.ts';
import { burstiness, tasksPerBurst } from '../../shared/core/forecast/signals/burstiness.ts';
import { type ShadowFleets, shadowFleets } from '../../shared/core/forecast/signals/shadow-fleets.ts';
import { cheapest, heldSlots, marginOf } from '../../shared/core/forecast/staffing-margin.ts';
import { band, staffing } from '../../shared/core/staffing.ts';
import { NOW_MS, observation, pool } from './build.ts';

const config = pool({ tickSeconds: 15, min: 2, max: 400 });
const expected = { arrivalsPerSecond: 0.5, dispersion: 1, durationSeconds: 60, startupSeconds: 45 };

describe('staffing a load', () => {
  const fleet = { inSystem: 30, slots: 30, readyInSeconds: [] };

  test('a steady load has the variance of a Poisson process, somewhat less while its tasks are known', () => {
    const { load, deviation } = staffing(fleet, expected, config);
    expect(load).toBeCloseTo(30, 10);
    expect(deviation).toBeLessThan(Math.sqrt(30));
    expect(deviation).toBeGreaterThan(0.7 * Math.sqrt(30));
  });
  test('far ahead, dispersed arrivals give the load its peakedness', () => {
    const late = { ...expected, dispersion: 5, startupSeconds: 6_000 };
    expect(staffing({ ...fleet, slots: 400 }, late, config).deviation ** 2).toBeCloseTo(30 * (1 + 4 / 2), 5);
  });
  test('a queue that may wait needs fewer slots than it has tasks', () => {
    expect(staffing(fleet, expected, config).slots).toBeCloseTo(30 / (1 + 15 / 60), 10);
  });
  test('a band keeps more than it grows to', () => {
    const { desired, keep } = band(staffing(fleet, expected, config), 0, 1);
    expect(keep).toBeGreaterThan(desired);
  });
});

/** Runs the shadow fleets of a pool that starts every task at once, with a number of arrivals in each tick of 15 s. */
function watch(arrivals: readonly number[]): ShadowFleets {
  let state = shadowFleets.initial;
  const slots: Step['slots'][number][] = [];
  for (const [tick, count] of arrivals.entries()) {
    slots.push({ seconds: 15, arrivals: count });
    const rate =
      slots.slice(-8).reduce((sum, slot) => sum + slot.arrivals, 0) / Math.min(8, slots.length) / 15;
    const busy = 60 * rate;
    const step: Step = {
      sample: { atMs: NOW_MS + tick * 15_000, inSystem: busy, received: busy, minutes: [] },
      passed: {
        seconds: 15,
        arrivals: count,
        taken: count,
        started: count,
        late: 0,
        ended: busy / 4,
        busySeconds: 15 * busy,
      },
      slots: slots.slice(-40),
      expected: { ...expected, arrivalsPerSecond: rate, choice: { candidate: 2, towardsPrevious: 0 } },
      startupSeconds: 45,
      due: { startup: [], season: [] },
      config,
      observation: observation(30, { agents: { busy } }),
    };
    state = shadowFleets.learn(state, step);
  }
  // As if no task had completed yet that shows how far the shadow fleets are off.
  return { ...state, bias: shadowFleets.initial.bias };
}

const noLate = { late: 0, started: 60 };
const steady = Array.from({ length: 400 }, () => 8);
/** 60 tasks every ten minutes, out of nothing. */
const bursts = Array.from({ length: 2_000 }, (_, tick) => (tick % 40 === 0 ? 60 : 0));

describe('shadow fleets', () => {
  test('on a steady load no task is late, and a larger margin only costs more', () => {
    const { fleets } = watch(steady);
    const plain = fleets.filter((_, index) => CANDIDATES[index]?.holdSeconds === 0);
    expect(plain.slice(2).every(({ late }) => late < 1)).toBe(true);
    const costs = plain.map(({ slotSeconds }) => slotSeconds);
    expect(costs).toEqual(costs.toSorted((a, b) => a - b));
  });
  test('on bursts out of nothing, only capacity held between them saves tasks', () => {
    const { fleets, tasks } = watch(bursts);
    const lateShare = (index: number) => (fleets[index]?.late ?? 0) / tasks;
    expect(lateShare(3)).toBeGreaterThan(0.5);
    expect(lateShare(CANDIDATES.length - 1)).toBeLessThan(0.05);
  });
  test('the pool starting with hardly any agents is not held against any candidate', () => {
    const { fleets } = watch([200, ...steady.slice(0, 100)]);
    expect(Math.max(...fleets.slice(3).map(({ late }) => late))).toBeLessThan(10);
  });
  test('the fleets begin anew after a gap, with what they have learned', () => {
    const before = watch(bursts);
    const step = { observation: observation(30, { agents: { busy: 7 } }) } as Step;
    const after = shadowFleets.gap(before, step);
    const fleets = before.fleets.map((fleet) => ({ ...fleet, held: 0 }));
    expect(after).toEqual({ ...before, fleets, used: 7, seconds: 0 });
  });
});

describe('the staffing margin', () => {
  const initial = shadowFleets.initial;
  const choose = (shadows: ShadowFleets, budget = noLate, tasksPerBurst = 1, percent = 95) =>
    cheapest({ shadows, budget, tasksPerBurst }, pool({ objective: { percent } }));
  test('the first margin is that of steady traffic, larger for bursts or a stricter objective', () => {
    expect(marginOf(choose(initial))).toBeCloseTo(1, 0);
    expect(marginOf(choose(initial, { late: 30, started: 600 }, 10))).toBeGreaterThan(1.5);
    expect(marginOf(choose(initial, noLate, 1, 99))).toBeGreaterThan(1.5);
  });
  test('on bursts, a pool holds capacity until it has seen sixty of them', () => {
    const holds = (started: number, tasksPerBurst: number) =>
      (CANDIDATES[choose(initial, { late: 0, started }, tasksPerBurst).candidate]?.holdSeconds ?? 0) > 0;
    expect(holds(0, 1)).toBe(false);
    expect(holds(599, 10)).toBe(true);
    expect(holds(600, 10)).toBe(false);
  });
  test('tasks that come together count as one burst', () => {
    const burstsOf = (counts: readonly number[]) => {
      let state = burstiness.initial;
      const slots: { seconds: number; arrivals: number }[] = [];
      for (const arrivals of counts) {
        slots.push({ seconds: 15, arrivals });
        state = burstiness.learn(state, { passed: slots.at(-1), slots } as unknown as Step);
      }
      return tasksPerBurst(state);
    };
    expect(burstsOf(steady)).toBe(1);
    expect(burstsOf(bursts)).toBeGreaterThan(40);
    expect(burstsOf(bursts)).toBeLessThan(80);
  });
  test('steady traffic needs hardly any margin, bursts out of nothing hold their agents', () => {
    const calm = watch(steady);
    expect(marginOf(choose(calm))).toBeLessThan(0.6);
    expect(heldSlots(choose(calm), calm)).toBe(0);
    const bursty = watch(bursts);
    expect(heldSlots(choose(bursty), bursty)).toBeGreaterThan(20);
  });
  test('tasks that were really late raise the margin, tasks in time lower it', () => {
    const shadows = watch(steady.map((count, tick) => (tick % 10 === 0 ? 3 * count : count)));
    const withLate = (late: number) => marginOf(choose(shadows, { late, started: 3_000 }));
    expect(withLate(600)).toBeGreaterThan(withLate(150));
    expect(withLate(150)).toBeGreaterThan(withLate(0));
  });
  test('a choice between two candidates is a mean of both', () => {
    const choice = { candidate: 3, towardsPrevious: 0.5 };
    expect(marginOf(choice)).toBe(0.75);
    expect(blended({ candidate: 0, towardsPrevious: 0 }, (index) => 10 + index)).toBe(10);
  });
});
