import { expect, test } from 'vitest';
import { runSeed } from '../../sim/faults/run-seed.ts';

/** A few seeds; `.ci/run` runs more (`npm run test:simulation`), and plants bugs for them to find (`npm run test:mutation`). */
test('ten seeds of faults lose no task, break no invariant and leave the pool well', async () => {
  let faults = 0;
  let tasks = 0;
  for (let seed = 1; seed <= 10; seed++) {
    const result = await runSeed(seed);
    expect(result.kind === 'failed' ? [seed, result.invariant, ...result.story.slice(-40)] : []).toEqual([]);
    faults += result.faults;
    tasks += result.tasks;
  }
  expect(tasks).toBeGreaterThan(10 * 40);
  expect(faults).toBeGreaterThan(10 * 40);
});

test('the same seed gives the same run', async () => {
  expect(await runSeed(7)).toEqual(await runSeed(7));
});
