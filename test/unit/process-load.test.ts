import { expect, test, vi } from 'vitest';
import { processLoad } from '../../agent/process-load.ts';

/** Computes without a pause, as a handler may. */
function compute(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

test('a process is held up while a handler computes without a pause, and no longer some seconds later', async () => {
  const load = processLoad();
  await vi.waitFor(
    () => {
      compute(400);
      expect(load.isHeldUp()).toBe(true);
    },
    { timeout: 20_000 },
  );
  await vi.waitFor(() => expect(load.isHeldUp()).toBe(false), { timeout: 60_000 });
});

test('a sample of the load covers the time since the one before', async () => {
  const load = processLoad();
  load.sample();
  compute(300);
  const { cpuShare, memoryMiB } = load.sample();
  expect(cpuShare).toBeGreaterThan(0);
  expect(cpuShare).toBeLessThanOrEqual(1);
  expect(memoryMiB).toBeGreaterThan(10);
  let turns = 0;
  await vi.waitFor(
    () => {
      compute(200);
      // The first delay after a sample is where the next ones are measured from.
      turns += 1;
      expect(turns % 4).toBe(0);
      expect(load.sample().eventLoopDelayMs).toBeGreaterThan(50);
    },
    { timeout: 20_000 },
  );
});
