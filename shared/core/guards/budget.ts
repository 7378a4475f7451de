import type { PoolConfig } from '../pool/config.ts';
import type { Memory } from '../pool/state.ts';
import { type Guard, limit } from './guard.ts';

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
export function budgetUsed({ budget: given }: PoolConfig, spending: Memory['spending']): number | undefined {
  if (given === undefined || spending === undefined) return undefined;
  return spending.agentSeconds / 3600 / given.agentHoursPerDay;
}

/** Applies the pool's choice once the day's agent-hours are used up. */
export const budget: Guard = ({ desired, memory, config }) => {
  const used = budgetUsed(config, memory.spending);
  if (config.budget === undefined || used === undefined || used < 1) return undefined;
  const { agentHoursPerDay, whenReached } = config.budget;
  const text = `today's ${agentHoursPerDay} agent-hours are used up (${whenReached})`;
  const until = 'the UTC day ends, or budget.agentHoursPerDay is raised';
  switch (whenReached) {
    case 'warn':
      return undefined;
    case 'stop-growing':
      return limit(desired, { code: 'BudgetReached', text, until });
    case 'shrink-to-min':
      return limit(config.min, { code: 'BudgetReached', text, until });
    default:
      return whenReached satisfies never;
  }
};
