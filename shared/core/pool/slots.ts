/**
 * Forecasts, policies and objectives count slots, since a task needs one. Bounds, guards and ECS count agents. This is
 * where one becomes the other.
 */

/** The most slots that an agent may have. */
export const MAX_CONCURRENCY = 64;

/** As many agents as have at least these slots. */
export function agentsFor(slots: number, concurrency: number): number {
  return Math.ceil(slots / concurrency);
}

/**
 * The slots of whole agents nearest to a number of slots, and those of one agent for anything from half a slot on. To
 * the nearest, because what's rounded contains a margin that was chosen on counts rounded like this.
 */
export function slotsOfWholeAgents(slots: number, concurrency: number): number {
  const agents = Math.round(slots / concurrency);
  return concurrency * (agents === 0 && Math.round(slots) > 0 ? 1 : agents);
}
