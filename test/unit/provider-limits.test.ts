// Covers: shared/core/guards/provider-limits.ts, shared/core/limit-line.ts, shared/core/own-value.ts, shared/core/forecast/signals/limit-use.ts, shared/core/decide.ts
import { describe, expect, test } from 'vitest';
import { decide } from '../../shared/core/decide.ts';
import type { LimitForecast } from '../../shared/core/forecast/signals/limit-use.ts';
import { fedBy } from '../../shared/core/guards/provider-limits.ts';
import { known, type LimitUse, type Neighbour, unknown } from '../../shared/core/observation.ts';
import type { PoolInput } from '../../shared/core/pool/config.ts';
import { INITIAL_STATE } from '../../shared/core/pool/state.ts';
import { inputs, NOW_MS, observation, pool, situation } from './build.ts';

const MODEL = { name: 'model', perMinute: { tokens: 400_000 } };

type Case = {
  readonly desired?: number;
  readonly busy?: number;
  readonly use?: Partial<LimitForecast>;
  readonly neighbours?: readonly Partial<Neighbour>[];
  readonly lineSeconds?: number;
  /** Limit time that the pool uses in a second. */
  readonly usedMs?: number;
  readonly changes?: Partial<PoolInput>;
};

/** What the limit allows of 52 wanted agents. A slot uses 32 ms of the limit's time in a second unless a case differs. */
function fedOf({
  desired = 20,
  busy = 20,
  use,
  neighbours = [],
  lineSeconds = 0,
  usedMs = 0,
  changes,
}: Case) {
  const config = pool({ max: 1000, limits: [MODEL], ...changes });
  const model = { msPerSecond: usedMs, slots: busy, waitingSlots: 0, refused: 0 };
  const seen = observation(desired, { agents: { busy, limitUse: { model } } });
  const limits = known([{ name: 'model', freeAtMs: NOW_MS + 1000 * lineSeconds }], NOW_MS);
  const beside = neighbours.map((each) => ({ pool: 'b', desired: 0, wanted: 0, limits: [], ...each }));
  const { forecast } = situation(desired, {
    forecast: {
      limits: [{ name: 'model', gives: 1000, perSlot: { mean: 32, deviation: 0 }, ...use } as LimitForecast],
    },
  });
  return fedBy(
    {
      ...inputs({ ...seen, limits, neighbours: known(beside, NOW_MS) }, { config }),
      desired,
      forecast,
      memory: INITIAL_STATE,
    },
    52,
  );
}

const claims = (claim: number, priority: number) => ({ limits: [{ name: 'model', priority, claim }] });

describe('what a limit feeds', () => {
  test('slots at work in the mean, one and a half standard deviations more, and the reason says both counts', () => {
    // 1000 ÷ 32 = 31.25, and 1.5 √31.25 = 8.4.
    expect(fedOf({})).toMatchObject({
      desired: {
        count: 39,
        reason: {
          code: 'ProviderLimit',
          text: 'model: 400,000 tokens a minute feed 39 slots; 52 wanted',
        },
      },
      keep: 47,
    });
  });

  test.each<[string, Case, number | undefined]>([
    [
      'more slots than are wanted: nothing is limited',
      { use: { perSlot: { mean: 10, deviation: 0 } } },
      undefined,
    ],
    ['an agent has several slots', { changes: { concurrency: 8 }, desired: 2, busy: 2 }, 5],
    ['an uncertain estimate allows more', { use: { perSlot: { mean: 32, deviation: 10 } } }, 48],
    ['the provider gives only half of it', { use: { gives: 500 } }, 21],
    [
      'what a pool was refused is not taken off once more for what others claim',
      { use: { gives: 500 }, neighbours: [claims(600, 1)] },
      17,
    ],
    ['a pool of a higher priority takes its part first', { neighbours: [claims(600, 1)] }, 17],
    ['a pool of a lower priority yields', { neighbours: [claims(600, -1)] }, 39],
    ['two of one priority share, if each could use all', { neighbours: [claims(1000, 0)] }, 21],
    ['what the other one cannot use is left', { neighbours: [claims(100, 0)] }, 36],
    [
      'a pool whose slots use nothing of it is not limited',
      { use: { perSlot: { mean: 0, deviation: 0 } } },
      undefined,
    ],
  ])('%s', (_what, given, count) => {
    expect(fedOf(given)?.desired.count).toBe(count);
  });

  const unlearned = { perSlot: undefined as never };
  test.each<[string, Case, number]>([
    ['at most doubles the agents at work', { desired: 6, busy: 6, use: unlearned }, 12],
    ['starts two while none is at work', { desired: 0, busy: 0, use: unlearned }, 2],
    ['does not grow while calls wait for long', { desired: 6, busy: 6, use: unlearned, lineSeconds: 20 }, 6],
    ['stays near what it seems to feed', { desired: 6, busy: 6, use: unlearned, usedMs: 900 }, 10],
  ])('while it is unknown what a slot uses, a pool %s', (_what, given, count) => {
    expect(fedOf(given)?.desired.count).toBe(count);
  });
});

test('a pool does not grow while it is unknown what others use of its limit', () => {
  const config = pool({ max: 1000, limits: [MODEL] });
  const seen = { ...observation(6, { agents: { busy: 6 } }), neighbours: unknown('throttled') };
  const { forecast } = situation(6, { forecast: { limits: [{ name: 'model', gives: 1000 }] } });
  const context = { ...inputs(seen, { config }), desired: 6, forecast, memory: INITIAL_STATE };
  expect(fedBy(context, 52)?.desired.count).toBe(6);
});

describe('a pool that waits for its limit', () => {
  /** Ticks with a backlog, each 15 s after the one before, where the slots use the limit as `use` says. */
  function ticks(count: number, busy: number, use: LimitUse, { max = 100, name = 'model' } = {}) {
    const config = pool({ max, limits: [{ ...MODEL, name }] });
    let state = { ...INITIAL_STATE, desired: busy };
    let decided: ReturnType<typeof decide> | undefined;
    for (let tick = 0; tick < count; tick++) {
      const atMs = NOW_MS + 15_000 * tick;
      const agents = {
        busy,
        slots: { used: busy, free: 0, unusable: 0, draining: 0 },
        limitUse: { [name]: use },
      };
      const seen = observation(busy, { queue: { visible: 500 + 50 * tick, inFlight: busy }, agents });
      decided = decide(inputs({ ...seen, atMs }, { state, config }));
      state = { ...state, ...decided.memory };
    }
    return decided;
  }

  test('holds at what the limit feeds, with the limit as its binding reason', () => {
    const decided = ticks(20, 39, { msPerSecond: 1000, slots: 39, waitingSlots: 7.75, refused: 0 });
    expect(decided?.decision).toMatchObject({
      kind: 'hold',
      at: 39,
      reason: { code: 'ProviderLimit', text: expect.stringMatching(/feed (39|40) slots; \d+ wanted$/) },
    });
  });

  test('does so whatever the limit is called', () => {
    const use = { msPerSecond: 1000, slots: 39, waitingSlots: 7.75, refused: 0 };
    const named = (name: string) => ticks(20, 39, use, { name })?.guards[0]?.to;
    expect(named('constructor')).toBe(named('model'));
  });

  test('is not misled by slots that only wait: many of them do not seem to need less each', () => {
    const decided = ticks(20, 90, { msPerSecond: 1000, slots: 90, waitingSlots: 58.75, refused: 0 });
    expect(decided?.guards[0]?.to).toBeLessThan(43);
  });

  test('believes refusals: the provider gives less than was configured', () => {
    const decided = ticks(40, 20, { msPerSecond: 400, slots: 20, waitingSlots: 0, refused: 3 });
    // 400 ÷ 20 = 20 a slot, and 400 ÷ 20 = 20 slots.
    expect(decided?.guards[0]?.to).toBeLessThan(30);
    expect(decided?.memory.limitClaims).toEqual({ model: 1000 });
  });

  test('claims no more of it than its maximum could use', () => {
    const decided = ticks(20, 2, { msPerSecond: 40, slots: 2, waitingSlots: 0, refused: 0 }, { max: 2 });
    expect(decided?.memory.limitClaims?.['model']).toBeCloseTo(40, 0);
  });
});
