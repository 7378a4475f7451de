import { expect, test } from 'vitest';
import { limitWindow } from '../../agent/limits/limit-window.ts';

/** A clock and an agent's use of one limit, both moved by hand. */
function measured() {
  let nowMs = 0;
  const usage = { usedMs: 0, waitedMs: 0, refused: 0 };
  const window = limitWindow({ usage: () => ({ model: { ...usage } }) }, { elapsed: () => nowMs });
  const pass = (seconds: number, usedMs = 0) => {
    nowMs += 1000 * seconds;
    usage.usedMs += usedMs;
  };
  return { window, usage, pass };
}

test('an agent reports how long its slots were used, all together, and what they used', () => {
  const { window, usage, pass } = measured();
  window.running(2);
  pass(10, 600);
  window.running(3);
  pass(10, 900);
  usage.waitedMs += 4_000;
  expect(window.read()).toEqual({
    seconds: 20,
    slotSeconds: 50,
    limits: { model: { usedMs: 1_500, waitedMs: 4_000, refused: 0 } },
  });
});

test('what is older than five minutes is forgotten, however often an agent reports', () => {
  const { window, usage, pass } = measured();
  window.running(1);
  usage.refused = 7;
  for (let second = 0; second < 1_000; second++) {
    pass(1, 10);
    window.read();
  }
  const read = window.read();
  expect(read?.seconds).toBeGreaterThanOrEqual(300);
  expect(read?.seconds).toBeLessThan(310);
  expect(read?.limits['model']).toMatchObject({ usedMs: 10 * (read?.seconds ?? 0), refused: 0 });
});

test('a pool without limits reports nothing', () => {
  expect(limitWindow({ usage: () => ({}) }, { elapsed: () => 0 }).read()).toBeUndefined();
});
