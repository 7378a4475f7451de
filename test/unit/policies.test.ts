// Covers: shared/core/policies/policy.ts, shared/core/policies/propose.ts, shared/core/policies/backlog.ts, shared/core/policies/context-trend.ts, shared/core/policies/one-step.ts, shared/core/policies/predictive.ts, shared/core/policies/schedule.ts, shared/core/policies/utilization.ts, shared/core/policies/warm-floor.ts
import { describe, expect, test } from 'vitest';
import type { Forecast } from '../../shared/core/forecast/signals.ts';
import type { Agents } from '../../shared/core/observation.ts';
import { backlog } from '../../shared/core/policies/backlog.ts';
import { contextTrend } from '../../shared/core/policies/context-trend.ts';
import { oneStep } from '../../shared/core/policies/one-step.ts';
import { predictive } from '../../shared/core/policies/predictive.ts';
import { schedule } from '../../shared/core/policies/schedule.ts';
import { utilization } from '../../shared/core/policies/utilization.ts';
import { warmFloor as warmFloorPolicy } from '../../shared/core/policies/warm-floor.ts';
import { pool, situation } from './build.ts';

describe('utilization', () => {
  test.each<[string, number, Partial<Agents>, number | 'abstain']>([
    ['all busy: down to 0.7', 5, { busy: 5 }, 8],
    ['just above: one more', 4, { busy: 3, ready: 1 }, 5],
    ['exactly 0.7 is in the band', 10, { busy: 7, ready: 3 }, 10],
    ['starting agents are supply', 10, { busy: 4, starting: 6 }, 10],
    ['exactly 0.2 is in the band', 10, { busy: 2, ready: 8 }, 10],
    ['below: to the middle of the band', 10, { busy: 1, ready: 9 }, 3],
    ['no agent busy: none wanted', 4, { ready: 4 }, 0],
    ['agents in cooldown can take work', 10, { busy: 1, cooldown: 9 }, 3],
    ['draining agents do not count', 5, { busy: 3, ready: 2, draining: 10 }, 5],
    ['without agents there is no share', 0, {}, 'abstain'],
  ])('utilization keeps the busy share between 0.2 and 0.7: %s', (_case, desired, agents, expected) => {
    const proposal = utilization(situation(desired, { agents }), pool());
    expect(proposal.kind === 'want' ? proposal.desired : proposal.kind).toBe(expected);
  });
});

describe('one-step', () => {
  test.each<[string, number, Partial<Agents>, number]>([
    ['above 0.7: one more', 5, { busy: 5 }, 6],
    ['below 0.2: one fewer', 10, { busy: 1, ready: 9 }, 9],
    ['between: as it is', 4, { busy: 2, ready: 2 }, 4],
  ])('one-step takes one step a tick, whatever the backlog: %s', (_case, desired, agents, expected) => {
    const seen = situation(desired, { agents, queue: { visible: 100 } });
    expect(oneStep(seen, pool())).toMatchObject({ kind: 'want', desired: expected });
  });
});

describe('backlog', () => {
  // Objective 30 s, tick 5 s, start-up 5 s: new agents have 20 s of slack.
  const config = pool({ tickSeconds: 5 });
  const activity = (durationSeconds: number) => ({ completed: 10, durationSeconds });
  const forecast = { startupSeconds: 5 };
  test.each<[string, { visible?: number; inFlight?: number }, Partial<Agents>, number]>([
    ['nothing there', {}, {}, 0],
    ['in flight only', { inFlight: 3 }, { busy: 3 }, 3],
    ['busy agents count when the queue lags behind', { inFlight: 1 }, { busy: 3 }, 3],
    ['no duration known: one agent for each that waits', { visible: 4, inFlight: 2 }, { busy: 2 }, 6],
    ['work as long as the slack: an agent starts two', { visible: 8 }, { activity: activity(20) }, 4],
    ['short work: an agent starts many', { visible: 100 }, { activity: activity(1) }, 5],
    ['long work: an agent starts one', { visible: 4 }, { activity: activity(2_000) }, 4],
    ['a ready agent that just became idle will take some', { visible: 4 }, { ready: 1, idleSeconds: 1 }, 4],
  ])(
    'backlog wants the agents that start every runnable task in time: %s',
    (_case, queue, agents, expected) => {
      expect(backlog(situation(2, { queue, agents, forecast }), config)).toMatchObject({
        kind: 'want',
        desired: expected,
      });
    },
  );

  test('backlog wants no agent for a task behind another of its conversation', () => {
    const seen = situation(2, {
      queue: { visible: 9, inFlight: 2 },
      runnable: 0,
      agents: { busy: 2, ready: 1 },
    });
    expect(backlog(seen, config)).toMatchObject({
      desired: 2,
      why: expect.stringContaining('blocked by an earlier turn'),
    });
  });

  test('backlog has no slack when a start takes longer than the objective', () => {
    const agents = { activity: { completed: 1, durationSeconds: 1 } };
    const seen = situation(2, { queue: { visible: 7 }, agents, forecast: { startupSeconds: 60 } });
    expect(backlog(seen, config)).toMatchObject({ desired: 7 });
  });
});

describe('predictive', () => {
  // Start-up 45 s, tick 15 s, objective 30 s.
  const config = pool();
  const wants = (seen: Parameters<typeof situation>[1], given = config) => {
    const proposal = predictive(situation(0, seen), given);
    return proposal.kind === 'want' ? proposal : expect.fail('abstained');
  };
  const busy = (agents: number, forecast: Partial<Forecast> = {}) =>
    wants({ agents: { busy: agents }, forecast: { arrivalsPerSecond: agents / 60, ...forecast } });

  test('predictive wants no agent without tasks and arrivals', () => {
    expect(wants({})).toMatchObject({ desired: 0, keep: 0 });
  });
  test('predictive wants one agent for a single runnable task', () => {
    expect(wants({ queue: { visible: 1 } }).desired).toBe(1);
  });
  test('predictive wants about as many agents as are busy under a steady load', () => {
    const { desired, keep } = busy(100);
    expect(desired).toBeGreaterThan(70);
    expect(desired).toBeLessThan(100);
    expect(keep).toBeGreaterThan(desired);
  });
  test('predictive wants more agents for more arrivals before the queue grows', () => {
    expect(busy(10, { arrivalsPerSecond: 1 }).desired).toBeGreaterThan(busy(10).desired);
  });
  test('predictive wants more agents for longer tasks', () => {
    const longer = { durationSeconds: 180, arrivalsPerSecond: 10 / 60 };
    expect(busy(10, longer).desired).toBeGreaterThan(busy(10).desired);
  });
  test('the staffing margin makes predictive want more agents', () => {
    expect(busy(10, { staffingMargin: 3 }).desired).toBeGreaterThan(busy(10).desired);
  });
  test('predictive keeps more for the same margin while arrivals come in bursts', () => {
    const at = (dispersion: number) => busy(10, { staffingMargin: 2, dispersion }).desired;
    expect(at(10)).toBeGreaterThan(at(1) + 5);
  });
  test('predictive keeps what is held between bursts, and does not grow to it', () => {
    const { desired, keep } = busy(10, { heldSlots: 40 });
    expect(keep).toBe(40);
    expect(desired).toBeLessThan(20);
  });
  test('predictive wants fewer agents for an objective with a longer queue wait', () => {
    const seen = { agents: { busy: 20 }, forecast: { arrivalsPerSecond: 20 / 60 } };
    const at = (withinSeconds: number) => wants(seen, pool({ objective: { withinSeconds } })).desired;
    expect(at(300)).toBeLessThan(at(30));
    expect(at(5)).toBeGreaterThan(at(30));
  });
  test('predictive counts on agents that are about to be ready', () => {
    const seen = { queue: { visible: 20 }, agents: { busy: 4, starting: 10 } };
    const soon = wants({ ...seen, readyInSeconds: Array.from({ length: 10 }, () => 2) });
    const late = wants({ ...seen, readyInSeconds: Array.from({ length: 10 }, () => 44) });
    expect(soon.desired).toBeLessThan(late.desired);
  });
  test('predictive wants no agent for tasks behind others of their conversation', () => {
    const seen = {
      queue: { visible: 50 },
      runnable: 0,
      agents: { busy: 3, ready: 1 },
      forecast: { arrivalsPerSecond: 2 },
    };
    expect(wants(seen).desired).toBeLessThanOrEqual(4);
  });
});

describe('a warm floor keeps agents ready beside those that work', () => {
  test.each([
    [0, 'abstain'],
    [3, 5 + 2 + 3],
  ])('a warm floor of %i keeps that many agents ready beside the busy ones', (warmFloor, expected) => {
    const proposal = warmFloorPolicy(
      situation(0, { queue: { visible: 2 }, agents: { busy: 5 } }),
      pool({ warmFloor }),
    );
    expect(proposal.kind === 'want' ? proposal.desired : proposal.kind).toBe(expected);
  });
});

describe('scheduled floors', () => {
  // Weekdays from 8 to 18 o'clock in Berlin, and a lower one around the clock.
  const config = pool({
    schedule: [
      { cron: '0 8 * * 1-5', timeZone: 'Europe/Berlin', forMinutes: 600, atLeast: 20 },
      { cron: '0 0 * * *', forMinutes: 1440, atLeast: 5 },
    ],
  });
  test.each([
    ['in winter the office opens at 7 UTC', '2026-01-05T07:00:00Z', 20],
    ['agents are asked for a start-up and a tick ahead', '2026-01-05T06:59:01Z', 20],
    ['and no earlier', '2026-01-05T06:58:59Z', 5],
    ['in summer it opens at 6 UTC', '2026-07-06T06:00:00Z', 20],
    ['it closes ten hours later', '2026-01-05T17:00:00Z', 5],
    ['a minute before it is still open', '2026-01-05T16:59:00Z', 20],
    ['on Sundays it is closed', '2026-01-04T09:00:00Z', 5],
  ])('a schedule sets the floor: %s', (_case, at, expected) => {
    const seen = situation(0, { atMs: Date.parse(at), forecast: { startupSeconds: 45 } });
    expect(schedule(seen, config)).toMatchObject({ kind: 'want', desired: expected });
  });
  test('the schedule policy abstains without a schedule and outside of all its times', () => {
    expect(schedule(situation(0), pool()).kind).toBe('abstain');
    const nightly = pool({ schedule: [{ cron: '0 3 * * *', forMinutes: 60, atLeast: 2 }] });
    expect(schedule(situation(0, { atMs: Date.parse('2026-01-05T12:00:00Z') }), nightly).kind).toBe(
      'abstain',
    );
  });
});

describe('context trend grows ahead of growing contexts', () => {
  const forecast = { arrivalsPerSecond: 0.2, durationSeconds: 60 };
  const context = (perMinute: number, error: number) => ({ trends: { context: { perMinute, error } } });
  test.each<[string, Partial<Forecast>, number | 'abstain']>([
    ['they do not grow', {}, 'abstain'],
    ['chance', context(0.05, 0.03), 'abstain'],
    ['they shrink', context(-0.05, 0.001), 'abstain'],
    // 12 erlangs, and 10 % a minute over the 105 s until an agent started now has worked on a task.
    ['they grow', context(0.1, 0.01), Math.ceil(12 * 1.175)],
    ['they grow beyond measure: twice the load at most', context(5, 0.01), 24],
  ])('context-trend grows the pool ahead of growing contexts: %s', (_case, changes, expected) => {
    const proposal = contextTrend(situation(0, { forecast: { ...forecast, ...changes } }), pool());
    expect(proposal.kind === 'want' ? proposal.desired : proposal.kind).toBe(expected);
  });
});

test('what policies want comes on top of the slots of agents that take no tasks', () => {
  const wanted = (unusable: number) => {
    const slots = { used: 12, free: 0, unusable, draining: 0 };
    const seen = situation(4, { queue: { visible: 30, inFlight: 12 }, agents: { busy: 4, slots } });
    const wish = backlog(seen, pool({ concurrency: 4 }));
    return wish.kind === 'want' ? wish.desired : undefined;
  };
  expect([wanted(0), wanted(4)]).toEqual([11, 12]);
});
