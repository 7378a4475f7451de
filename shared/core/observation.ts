import type { MinuteBucket } from './pool/minutes.ts';

/**
 * A value that was read, as it was at `atMs`, or the reason why it could not be. What is unknown is never taken
 * for zero.
 */
export type Reading<T> =
  | { readonly kind: 'known'; readonly value: T; readonly atMs: number }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * Everything a decision is made from, and nothing else. Its size does not grow with the number of agents, so it
 * is stored whole with the decision and the decision can be made again from it.
 */
export type Observation = {
  readonly pool: string;
  readonly atMs: number;
  readonly queue: Reading<QueueCounts>;
  readonly fleet: Reading<FleetReading>;
  readonly agents: Reading<Agents>;
  readonly season: Reading<Season>;
  /** The pools that share a ceiling with this one; none without a ceiling. */
  readonly neighbours: Reading<readonly Neighbour[]>;
};

/** Messages of the pool's queue: approximate, and up to a minute behind (SQS GetQueueAttributes). */
export type QueueCounts = { readonly visible: number; readonly inFlight: number; readonly delayed: number };

/** The pool's ECS service. */
export type FleetReading = {
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  /** Task definition of the current deployment, as `family:revision`. */
  readonly revision: string;
};

/** The agents' records of one pool, summed up. */
export type Agents = {
  readonly starting: number;
  readonly ready: number;
  readonly busy: number;
  readonly cooldown: number;
  readonly draining: number;
  /** Live by their record, but unresponsive for too long: neither supply nor load. */
  readonly unresponsive: number;
  /** Records that could not be read. They may be busy: nothing shrinks because of them. */
  readonly unreadable: number;
  /** Seconds that the longest idle agent has waited for a task that it could take; 0 without an idle agent. */
  readonly idleSeconds: number;
  /** Ready agents that may be let go, the best first; at most {@link MAX_VICTIMS}. */
  readonly victims: readonly string[];
  readonly outdated: Outdated;
  /** Starting agents that lack nothing but protection, which ECS refuses while too many others have it. */
  readonly unprotected: number;
  /** Draining agents for which the desired count has not been lowered yet: an action that was interrupted. */
  readonly unaccountedDrains: readonly string[];
  /** What the pool did in each of the last minutes, oldest first; minutes without a completed task are left out. */
  readonly minutes: readonly MinuteBucket[];
  readonly activity: Activity;
};

/** Agents that run another task definition than the service's: a deployment replaces them. */
export type Outdated = {
  /** Ready ones, the best to let go first, and those that work; at most {@link MAX_VICTIMS} of each. */
  readonly ready: readonly string[];
  readonly working: readonly string[];
  /** How many others work on their last task: they have been told to take no further one. */
  readonly retiring: number;
};

/** What the pool did over the last {@link ACTIVITY_MINUTES} minutes. */
export type Activity = {
  readonly completed: number;
  /** Means over those tasks; undefined when there were none. */
  readonly durationSeconds?: number;
  readonly queueWaitSeconds?: number;
  readonly contextBytes?: number;
  /** Spread of the work: standard deviation ÷ mean, over all minutes known. Undefined with fewer than two tasks. */
  readonly durationSpread?: number;
  /** Mean time from launch to ready of the agents known; undefined when there are none. */
  readonly startupSeconds?: number;
};

/** Arrivals per second at this time of the day, and of the week, in the past; absent without such a past. */
export type Season = { readonly day?: number; readonly week?: number };

/** Another pool under the same ceiling, as its state says. */
export type Neighbour = {
  readonly pool: string;
  readonly priority: number;
  readonly desired: number;
  /** What it wanted at its last tick, before the ceiling. */
  readonly wanted: number;
};

/** A reading older than this is stale: nothing shrinks on it. Reads take milliseconds, unless they are retried. */
export const STALE_AFTER_MS = 10_000;

/** One scale-in lets go of at most this many agents. */
export const MAX_VICTIMS = 50;
export const ACTIVITY_MINUTES = 5;

export function known<T>(value: T, atMs: number): Reading<T> {
  return { kind: 'known', value, atMs };
}

export function unknown(reason: string): Reading<never> {
  return { kind: 'unknown', reason };
}

/** Agents that can take a task now. */
export function idle(agents: Agents): number {
  return agents.ready + agents.cooldown;
}

/** Agents that take work, or will when they have started. Draining and unresponsive ones are not among them. */
export function supply(agents: Agents): number {
  return agents.starting + idle(agents) + agents.busy;
}

/** Share of the agents that take work, or will, which are busy: 0 to 1. Undefined when there are none. */
export function utilizationOf(agents: Agents): number | undefined {
  return supply(agents) === 0 ? undefined : agents.busy / supply(agents);
}

/** A task of the service that runs. */
export type FleetTask = { readonly id: string; readonly startedAtMs: number };
