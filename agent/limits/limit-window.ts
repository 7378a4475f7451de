import { ownValue } from '../../shared/core/own-value.ts';
import type { AgentLimitUse } from '../../shared/core/pool/agent-instance.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { AgentLimits } from './agent-limits.ts';

/** What the scaler learns from: tasks of minutes have their calls in it, and tasks of another kind are soon seen. */
const WINDOW_MS = 5 * 60_000;
/** Samples are so far apart at least. */
const SAMPLE_MS = 5_000;

type Sample = {
  readonly atMs: number;
  readonly slotSeconds: number;
  readonly limits: ReturnType<AgentLimits['usage']>;
};

/** What an agent has done with its pool's limits in the last minutes. */
export type LimitWindow = {
  /** Call whenever a task begins or ends, with how many are running now. */
  running(tasks: number): void;
  /** Undefined for a pool without limits. */
  read(): AgentLimitUse | undefined;
};

export function limitWindow(limits: Pick<AgentLimits, 'usage'>, clock: Pick<Clock, 'elapsed'>): LimitWindow {
  let slotSeconds = 0;
  let tasks = 0;
  let changedAtMs = clock.elapsed();
  let samples: readonly Sample[] = [sample()];

  function running(now: number): void {
    slotSeconds += (tasks * (clock.elapsed() - changedAtMs)) / 1000;
    changedAtMs = clock.elapsed();
    tasks = now;
  }

  function sample(): Sample {
    running(tasks);
    return { atMs: clock.elapsed(), slotSeconds, limits: limits.usage() };
  }

  return {
    running,
    read() {
      const now = sample();
      if (Object.keys(now.limits).length === 0) return undefined;
      const latest = samples.at(-1);
      if (!latest || now.atMs - latest.atMs >= SAMPLE_MS) samples = [...samples, now];
      // The newest of those that are as old as the window, or the first one.
      const from = Math.max(
        0,
        samples.findLastIndex(({ atMs }) => now.atMs - atMs >= WINDOW_MS),
      );
      samples = samples.slice(from);
      return between(samples[0] ?? now, now);
    },
  };
}

function between(first: Sample, now: Sample): AgentLimitUse {
  const used = Object.entries(now.limits).map(([name, { usedMs, waitedMs, refused }]) => {
    const before = ownValue(first.limits, name) ?? { usedMs: 0, waitedMs: 0, refused: 0 };
    return [
      name,
      {
        usedMs: usedMs - before.usedMs,
        waitedMs: waitedMs - before.waitedMs,
        refused: refused - before.refused,
      },
    ] as const;
  });
  return {
    seconds: (now.atMs - first.atMs) / 1000,
    slotSeconds: now.slotSeconds - first.slotSeconds,
    limits: Object.fromEntries(used),
  };
}
