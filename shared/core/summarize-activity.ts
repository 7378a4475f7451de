import { ACTIVITY_MINUTES, type Activity } from './observation.ts';
import type { AgentInstance } from './pool/agent-instance.ts';
import { addBuckets, type MinuteBucket, type MinuteCounts } from './pool/minutes.ts';

/** Includes stopped and lost agents: their completed tasks are part of what the pool did. */
export function sumMinutes(
  instances: readonly AgentInstance[],
  afterMinute: number,
): readonly MinuteBucket[] {
  const sums = new Map<number, MinuteBucket>();
  for (const instance of instances) {
    for (const bucket of instance.minutes) {
      if (bucket.minute <= afterMinute) continue;
      const sum = sums.get(bucket.minute);
      sums.set(bucket.minute, sum ? addBuckets(sum, bucket) : bucket);
    }
  }
  return [...sums.values()].sort((a, b) => a.minute - b.minute);
}

/** What the pool did in the last {@link ACTIVITY_MINUTES} minutes. `minutes` are the agents' own, summed up. */
export function activityOf(
  instances: readonly AgentInstance[],
  minutes: readonly MinuteBucket[],
  nowMs: number,
): Activity {
  const sinceMinute = Math.floor(nowMs / 60_000) - ACTIVITY_MINUTES;
  const recent = minutes.filter(({ minute }) => minute >= sinceMinute);
  const sum = (field: keyof MinuteCounts) => recent.reduce((total, bucket) => total + bucket[field], 0);
  const completed = sum('completed');
  const started = sum('started');
  const spread = durationSpread(instances, minutes);
  const startups = instances.flatMap(({ readyAtMs, launchedAtMs }) =>
    readyAtMs === undefined ? [] : [readyAtMs - launchedAtMs],
  );
  return {
    completed,
    ...(completed > 0 && {
      durationSeconds: sum('durationMs') / completed / 1000,
      contextBytes: sum('contextBytes') / completed,
    }),
    ...(started > 0 && { queueWaitSeconds: sum('queueWaitMs') / started / 1000 }),
    ...(spread !== undefined && { durationSpread: spread }),
    ...(startups.length > 0 && {
      startupSeconds: startups.reduce((total, ms) => total + ms, 0) / startups.length / 1000,
    }),
  };
}

/**
 * Standard deviation ÷ mean of the task duration. Single durations aren't recorded, but the sum of `n` durations
 * scatters around `n` times the mean with `n` times their variance. So `Σ (sumᵢ - nᵢ·mean)² / nᵢ` over all agents'
 * buckets, divided by one less than their number, estimates it (analysis of variance between groups).
 */
function durationSpread(
  instances: readonly AgentInstance[],
  minutes: readonly MinuteBucket[],
): number | undefined {
  const completed = minutes.reduce((sum, bucket) => sum + bucket.completed, 0);
  const durationMs = minutes.reduce((sum, bucket) => sum + bucket.durationMs, 0);
  if (completed === 0 || durationMs === 0) return undefined;
  let squares = 0;
  let buckets = 0;
  for (const instance of instances) {
    for (const bucket of instance.minutes) {
      if (bucket.completed === 0) continue;
      squares += bucket.durationMs ** 2 / bucket.completed;
      buckets += 1;
    }
  }
  if (buckets < 2) return undefined;
  const variance = Math.max(0, squares - durationMs ** 2 / completed) / (buckets - 1);
  return Math.sqrt(variance) / (durationMs / completed);
}
