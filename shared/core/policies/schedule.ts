import { Cron } from 'croner';
import type { PoolConfig } from '../pool/config.ts';
import { policy } from './policy.ts';

type Floor = PoolConfig['schedule'][number];

/** Keeps the scheduled floors, requested ahead of time so that the agents are ready when a floor begins. */
export const schedule = policy('schedule', [], ({ atMs, forecast }, config) => {
  const aheadMs = (forecast.startupSeconds + config.tickSeconds) * 1000;
  const inForce = config.schedule.filter((floor) => isInForce(floor, atMs, aheadMs));
  const highest = inForce.toSorted((a, b) => b.atLeast - a.atLeast)[0];
  if (highest === undefined) return { kind: 'abstain', why: 'no floor in force' };
  return {
    kind: 'want',
    desired: highest.atLeast * config.concurrency,
    why: `"${highest.cron}" (${highest.timeZone}) keeps at least ${highest.atLeast} for ${highest.forMinutes} min`,
  };
});

/** From `aheadMs` before the cron expression fires until `forMinutes` after it. */
function isInForce({ cron, timeZone, forMinutes }: Floor, atMs: number, aheadMs: number): boolean {
  // biome-ignore lint/style/noRestrictedGlobals: a date made from a given time, not from the clock.
  const reference = new Date(atMs + aheadMs);
  const [began] = new Cron(cron, { timezone: timeZone, paused: true }).previousRuns(1, reference);
  return began !== undefined && atMs < began.getTime() + forMinutes * 60_000;
}
