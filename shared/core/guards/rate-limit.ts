import { type Guard, type GuardContext, limit } from './guard.ts';

const WINDOW_MS = 60_000;

/** Limits growth within a minute to a number of agents or a percentage of the count, whichever is more. */
export const growthRate: Guard = (context) => rateLimit(context, 1);

/** Limits shrinking in the same way. */
export const shrinkRate: Guard = (context) => rateLimit(context, -1);

function rateLimit({ desired, memory, config, observation: { atMs } }: GuardContext, sign: 1 | -1) {
  const { agents, percent } = sign > 0 ? config.scaleOutLimit : config.scaleInLimit;
  const changed = memory.changes
    .filter((change) => change.atMs > atMs - WINDOW_MS && change.by * sign > 0)
    .reduce((sum, { by }) => sum + Math.abs(by), 0);
  const before = desired - sign * changed;
  const room = Math.max(0, Math.max(agents, Math.floor((percent / 100) * before)) - changed);
  const setting = sign > 0 ? 'scaleOutLimit' : 'scaleInLimit';
  return limit(desired + sign * room, {
    code: 'RateLimited',
    text: `${changed} changed in the last minute; ${room} more allowed`,
    until: `the minute is over, or ${setting} is raised`,
  });
}
