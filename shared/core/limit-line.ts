import type { Observation } from './observation.ts';

/**
 * A limit in whose line calls wait for longer than this is used up: more slots would only wait, too. Agents take no
 * further task while it's longer than ten seconds. Below five, they have taken tasks for five seconds at least.
 */
export const LONG_LINE_SECONDS = 5;

/** How long a call that's made now waits for a limit, in seconds. */
export function lineSecondsOf(name: string, { limits, atMs }: Observation): number {
  const state = limits.kind === 'known' ? limits.value.find((each) => each.name === name) : undefined;
  return Math.max(0, Math.max(state?.freeAtMs ?? 0, state?.closedUntilMs ?? 0) - atMs) / 1000;
}
