// Covers: sim/what-if/recommend.ts, sim/what-if/what-if.ts, sim/what-if/labels.ts, sim/what-if/plan.ts, sim/what-if/moves.ts, sim/prices.ts
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AGENT_HOUR, agentDollarsPerHour } from '../../sim/prices.ts';
import { labelOf, peerLabel } from '../../sim/what-if/labels.ts';
import { loadOf } from '../../sim/what-if/moves.ts';
import { planFor } from '../../sim/what-if/plan.ts';
import { recommend } from '../../sim/what-if/recommend.ts';
import { differences, type WhatIfPoint, withChange } from '../../sim/what-if/what-if.ts';
import { pool } from './build.ts';

const objective = { percent: 95, withinSeconds: 30 };

function point(changes: Partial<WhatIfPoint> = {}): WhatIfPoint {
  const { within = 0.96 } = changes;
  return {
    role: 'candidate',
    label: 'min 1',
    agentsPaid: 10,
    paidPerBusy: 1.2,
    within,
    worstHourWithin: within,
    queueWaitSeconds: { p50: 0, p95: 20, p99: 40, max: 60 },
    meetsObjective: within >= 0.95,
    ...changes,
  };
}
const today = (changes: Partial<WhatIfPoint> = {}) => point({ role: 'today', label: 'today', ...changes });

describe('the recommended point', () => {
  const choice = (...points: WhatIfPoint[]) => recommend(points, objective);

  test('the cheapest that meets the objective is recommended, with what it saves', () => {
    const missed = point({ label: 'min 0', agentsPaid: 2, within: 0.9496 });
    const { recommended, why } = choice(today(), missed, point({ agentsPaid: 8 }));
    expect(recommended).toEqual(point({ role: 'recommended', agentsPaid: 8 }));
    expect(why).toBe('min 1 costs 20 % less than today’s settings and meets 95 % within 30 s, with 96.0 %');
  });
  test('today’s settings are recommended where nothing costs at least 1 % less', () => {
    const { recommended, why } = choice(today(), point({ agentsPaid: 9.95 }));
    expect(recommended?.label).toBe('today');
    expect(why).toContain('the best already');
  });
  test('of settings that cost the same, the operator’s own are recommended', () => {
    const changed = point({ role: 'changed', label: 'max 20', agentsPaid: 8.02 });
    expect(choice(today(), changed, point({ agentsPaid: 8 })).recommended?.label).toBe('max 20');
  });
  test('where today’s settings miss the objective, dearer ones are recommended', () => {
    const { recommended, why } = choice(today({ within: 0.9 }), point({ agentsPaid: 12 }));
    expect(recommended?.label).toBe('min 1');
    expect(why).toBe(
      'today’s settings miss 95 % within 30 s, with 90.0 %; min 1 is the cheapest of the 2 settings tried that meets it, with 96.0 %',
    );
  });
  test('where nothing meets the objective, nothing is recommended, and why names what comes closest', () => {
    const { recommended, why } = choice(today({ within: 0.9 }), point({ within: 0.9499 }));
    expect(recommended).toBeUndefined();
    // 94.99 % does not read as 95.0 %.
    expect(why).toContain(
      'none of the 2 settings tried meets 95 % within 30 s: min 1 comes closest, with 94.9 %',
    );
  });
  test('a point of the frontier, a peer and a bound are never recommended', () => {
    const others = (['frontier', 'peer', 'bound'] as const).map((role) => point({ role, agentsPaid: 1 }));
    expect(choice(today(), ...others).recommended?.label).toBe('today');
  });
  test('no point that meets the objective is more than 1 % cheaper than the recommended one', () => {
    const any = fc.record({
      agentsPaid: fc.double({ min: 0.1, max: 100, noNaN: true }),
      within: fc.double({ min: 0.9, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(any, fc.array(any), (first, rest) => {
        const points = [today(first), ...rest.map(point)];
        const meeting = points.filter(({ meetsObjective }) => meetsObjective);
        const { recommended } = choice(...points);
        expect(recommended !== undefined).toBe(meeting.length > 0);
        if (recommended === undefined) return;
        expect(recommended.meetsObjective).toBe(true);
        for (const { agentsPaid } of meeting)
          expect(recommended.agentsPaid * 0.99).toBeLessThanOrEqual(agentsPaid);
      }),
    );
  });
});

describe('the dollars of a pool’s agents', () => {
  const dollars = (changes: Parameters<typeof pool>[0], agents = 10) =>
    agentDollarsPerHour(pool(changes), agents);

  test('agents cost what their size does', () => {
    expect(dollars({})).toBeCloseTo(10 * AGENT_HOUR, 10);
    expect(dollars({ agent: { cpu: 1024, memoryMiB: 2048 } })).toBeCloseTo(10 * 0.0395, 10);
    expect(dollars({ agent: { cpu: 1024, memoryMiB: 2048, architecture: 'x86_64' } })).toBeCloseTo(
      10 * 0.04937,
      10,
    );
    expect(dollars({ agent: { ephemeralStorageGiB: 120 } })).toBeCloseTo(10 * (AGENT_HOUR + 0.0111), 10);
  });
  test('only the agents beyond the base on demand are on Spot, by its share', () => {
    const capacity = { onDemandBase: 4, spotPercent: 50 };
    // 4 and half of 6 on demand; 3 on Spot, at 30 %.
    expect(dollars({ capacity })).toBeCloseTo((7 + 3 * 0.3) * AGENT_HOUR, 10);
    expect(dollars({ capacity }, 2)).toBeCloseTo(2 * AGENT_HOUR, 10);
  });
  test('agents on instances of the pool’s own have no list price', () => {
    expect(dollars({ capacity: { ec2: ['gpu'] } })).toBeUndefined();
    expect(dollars({ capacity: { managedInstances: ['large'] } })).toBeUndefined();
  });
});

describe('a change', () => {
  test('a change moves settings and the objective, and the values are what differs', () => {
    const changed = withChange(pool(), { min: 4, max: 10, objective: { withinSeconds: 5 } });
    expect(differences(pool(), changed)).toEqual({ min: 4, objective: { percent: 95, withinSeconds: 5 } });
    expect(labelOf(differences(pool(), changed))).toBe('min 4, 95 % within 5 s');
  });
  test.each([
    ['min above max', { min: 11 }, 'at most max'],
    ['a field that is only deployed', { taskTimeoutSeconds: 5 }, 'cannot be set, only deployed'],
    ['an objective that is no object', { objective: 95 }, 'objective'],
    ['a pool that could start nothing', { min: 0, max: 0 }, 'no task would ever start'],
  ])('%s is refused', (_, change, message) => {
    expect(() => withChange(pool(), change)).toThrow(message);
  });
  test('a peer’s label has its setting and what that is of', () => {
    expect(peerLabel({ policy: 'keda', setting: 1.35 })).toBe('KEDA at 1.35 tasks a slot');
    expect(peerLabel({ policy: 'static', setting: 20 })).toBe('a fleet of one size at 20 agents');
  });
});

describe('the plan', () => {
  const trace = (tasks: number, seconds: number) =>
    Array.from({ length: tasks }, (_, index) => ({
      atSeconds: (index * seconds) / tasks,
      durationSeconds: 40,
    }));

  test('all is run over a day, and less over a long trace, which it says', () => {
    const day = planFor(trace(5_000, 86_400), pool());
    const days = planFor(trace(100_000, 4 * 86_400), pool());
    expect([day.frontier.length, day.thinned]).toEqual([4, undefined]);
    expect(days.frontier).toEqual([0.5, 2]);
    expect(days.peers.length).toBeLessThan(day.peers.length);
    expect(days.thinned).toMatch(/^a long trace: at most \d candidates instead of 14/);
  });
  test('some of each kind is run over any trace', () => {
    const { frontier, candidates, peers } = planFor(trace(1_000_000, 30 * 86_400), pool());
    expect([frontier.length, candidates, peers]).toEqual([2, 2, ['keda', 'static']]);
  });
  test('the load of arrivals is the agents they keep busy, in the mean and at the most', () => {
    const tasks = [
      { atSeconds: 0, durationSeconds: 10 },
      { atSeconds: 5, durationSeconds: 10 },
      { atSeconds: 10, durationSeconds: 10 },
    ];
    expect(loadOf(tasks)).toEqual({ meanBusy: 1.5, peakBusy: 2 });
  });
});
