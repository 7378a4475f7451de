import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { AgentLoad } from '../shared/core/pool/agent-instance.ts';

/** How this process fares: the port that the worker reads. */
export type ProcessLoad = {
  /** Since the last sample. */
  sample(): AgentLoad;
  /** Whether a handler has held up the event loop in the last seconds, so that another task would hurt its neighbours. */
  isHeldUp(): boolean;
};

/** A handler that computes for this long at a time delays the answers, heartbeats and extensions of all others. */
const HELD_UP_MS = 250;
/** How long one delay counts, so that an agent doesn't take a task between two of them. */
const WINDOW_MS = 2_000;
const RESOLUTION_MS = 20;
const MIB = 2 ** 20;

/**
 * Measures this process with `perf_hooks`: delays of timers, processor time and memory. `processors` are the agent's
 * own: Fargate's smallest has a quarter of one, while the process sees those of its machine.
 */
export function processLoad(processors: number = availableParallelism()): ProcessLoad {
  const whole = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const recent = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  whole.enable();
  recent.enable();
  let wasHeldUp = false;
  setInterval(() => {
    wasHeldUp = delayOf(recent.max) > HELD_UP_MS;
    recent.reset();
  }, WINDOW_MS).unref();
  let before = { cpu: process.cpuUsage(), atMs: performance.now() };
  return {
    sample() {
      const now = { cpu: process.cpuUsage(before.cpu), atMs: performance.now() };
      const share = (now.cpu.user + now.cpu.system) / 1000 / Math.max(1, now.atMs - before.atMs);
      before = { cpu: process.cpuUsage(), atMs: now.atMs };
      const eventLoopDelayMs = delayOf(whole.percentile(99));
      whole.reset();
      return {
        cpuShare: Math.min(1, share / processors),
        memoryMiB: Math.round(process.memoryUsage.rss() / MIB),
        eventLoopDelayMs,
      };
    },
    isHeldUp: () => wasHeldUp || delayOf(recent.max) > HELD_UP_MS,
  };
}

/** The histogram holds the time between two timers of its resolution, in nanoseconds. */
function delayOf(nanoseconds: number): number {
  return Math.max(0, Math.round(nanoseconds / 1e6) - RESOLUTION_MS);
}
