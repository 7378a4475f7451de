import type { PoolConfig } from '../pool/config.ts';
import type { Memory } from '../pool/state.ts';
import { change, type Guard } from './step.ts';

const RATE_WINDOW_MS = 60_000;

/** Limits the change within a minute to a number of agents or a percentage of the count, whichever is more. */
export const rateLimit: Guard = (wanted, { desired, state, config, observation, mode }) => {
  if (wanted === desired || mode.kind === 'pinned') return undefined;
  const sign = wanted > desired ? 1 : -1;
  const limit = sign > 0 ? config.scaleOutLimit : config.scaleInLimit;
  const changed = state.changes
    .filter(({ atMs, by }) => atMs > observation.atMs - RATE_WINDOW_MS && by * sign > 0)
    .reduce((sum, { by }) => sum + Math.abs(by), 0);
  const before = desired - sign * changed;
  const room = Math.max(0, Math.max(limit.agents, Math.floor((limit.percent / 100) * before)) - changed);
  const to = sign > 0 ? Math.min(wanted, desired + room) : Math.max(wanted, desired - room);
  return change(wanted, to, 'RateLimited', `${changed} changed in the last minute; ${room} more allowed`);
};

const DAY_MS = 86_400_000;

/** Agent-seconds used today, up to now. */
export function spentUntil(
  atMs: number,
  running: number,
  before: Memory['spending'],
): NonNullable<Memory['spending']> {
  const day = Math.floor(atMs / DAY_MS);
  if (before === undefined) return { day, agentSeconds: 0, atMs };
  const sinceMs = Math.max(before.atMs, day * DAY_MS);
  const seconds = Math.max(0, atMs - sinceMs) / 1000;
  return { day, agentSeconds: (before.day === day ? before.agentSeconds : 0) + running * seconds, atMs };
}

/** The share of the day's hours budget that's used; undefined without a budget. */
export function budgetUsed({ budget: limit }: PoolConfig, spending: Memory['spending']): number | undefined {
  if (limit === undefined || spending === undefined) return undefined;
  return spending.agentSeconds / 3600 / limit.agentHoursPerDay;
}

/** Applies the pool's choice once the day's agent-hours are used up. */
export const budget: Guard = (wanted, { desired, state, config }) => {
  const used = budgetUsed(config, state.spending);
  if (config.budget === undefined || used === undefined || used < 1) return undefined;
  const text = `today's ${config.budget.agentHoursPerDay} agent-hours are used up (${config.budget.whenReached})`;
  switch (config.budget.whenReached) {
    case 'warn':
      return undefined;
    case 'stop-growing':
      return change(wanted, Math.min(wanted, desired), 'BudgetReached', text);
    case 'shrink-to-min':
      return change(wanted, Math.min(wanted, config.min), 'BudgetReached', text);
    default:
      return config.budget.whenReached satisfies never;
  }
};

/**
 * Under a shared ceiling, a pool grows only into the room that other pools leave, and yields to what higher-priority
 * pools have or want. While the other pools' use is unknown, it doesn't grow.
 */
export const ceiling: Guard = (wanted, { desired, config, observation: { neighbours } }) => {
  const own = config.ceiling;
  if (own === undefined) return undefined;
  if (neighbours.kind === 'unknown') {
    return change(
      wanted,
      Math.min(wanted, desired),
      'CeilingReached',
      `other pools' use of ceiling "${own.name}" is unknown: ${neighbours.reason}`,
    );
  }
  const others = neighbours.value.reduce((sum, pool) => sum + pool.desired, 0);
  const first = neighbours.value
    .filter(({ priority }) => priority > own.priority)
    .reduce((sum, pool) => sum + Math.max(0, pool.wanted - pool.desired), 0);
  const room = Math.max(0, own.max - others - first);
  return change(
    wanted,
    Math.min(wanted, room),
    'CeilingReached',
    `ceiling "${own.name}" allows ${own.max}; other pools have ${others}${first > 0 ? `, higher-priority ones want ${first} more` : ''}`,
  );
};

/** Keeps the count between the pool's minimum and maximum. */
export const bounds: Guard = (wanted, { config: { min, max } }) => {
  if (wanted < min) return change(wanted, min, 'BelowMin', `the minimum is ${min}`);
  if (wanted > max) return change(wanted, max, 'AboveMax', `the maximum is ${max}`);
  return undefined;
};
