import { setTimeout as pause } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { processLoad } from '../../agent/process-load.ts';

function compute(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('the share of the CPU is of the agent’s own processors, not of those of its machine', () => {
  const [whole, quarter] = [processLoad(1), processLoad(0.25)];
  compute(50);
  const [ofWhole, ofQuarter] = [whole.sample().cpuShare, quarter.sample().cpuShare];
  expect(ofWhole).toBeGreaterThan(0);
  // A machine that is busy with other things gives this process less than a whole processor.
  expect(ofQuarter).toBeGreaterThan(Math.min(0.99, 2 * ofWhole));
  expect(ofQuarter).toBeLessThanOrEqual(1);
});

test('a process reports the memory that it occupies', () => {
  expect(processLoad(1).sample().memoryMiB).toBeGreaterThan(20);
});

test('a handler that computes for long holds the agent up, until it has not for some seconds', async () => {
  const load = processLoad(1);
  expect(load.isHeldUp()).toBe(false);
  await vi.waitFor(
    async () => {
      await pause(1);
      compute(300);
      await pause(1);
      expect(load.isHeldUp()).toBe(true);
    },
    { timeout: 30_000 },
  );
  await vi.waitFor(() => expect(load.isHeldUp()).toBe(false), { timeout: 30_000, interval: 100 });
});
