import { expect, test } from 'vitest';
import { runSeed } from '../../sim/faults/run-seed.ts';

/** More seeds: `npm run test:simulation -- --seeds 10000`; that it finds bugs: `npm run test:mutation`. */
test.each([0, 50, 100, 150])(
  'fifty seeds of faults from %i on leave nothing lost, nobody hurt and the pool well',
  async (from) => {
    let faults = 0;
    let tasks = 0;
    for (let seed = from + 1; seed <= from + 50; seed++) {
      const result = await runSeed(seed);
      expect(result.kind === 'failed' ? [seed, result.invariant, ...result.story.slice(-40)] : []).toEqual(
        [],
      );
      faults += result.faults;
      tasks += result.tasks;
    }
    expect(tasks).toBeGreaterThan(50 * 40);
    expect(faults).toBeGreaterThan(50 * 40);
  },
);

test('the same seed gives the same run', async () => {
  expect(await runSeed(7)).toEqual(await runSeed(7));
});
