import type { MinuteBucket } from './pool/minutes.ts';

/**
 * A value as read at `atMs`, or the reason why it couldn't be read. An unknown value is never treated as zero.
 */
export type Reading<T> =
  | { readonly kind: 'known'; readonly value: T; readonly atMs: number }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * What a tick has read. Its size doesn't grow with the number of agents, so the decision's record holds all of it, and
 * the decision can be replayed.
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
  /** When the current deployment was created. Decisions recorded by earlier versions lack it. */
  readonly deployedAtMs?: number;
  /** Agents on instances that are draining, at most {@link MAX_VICTIMS}. Absent on Fargate, which has no instances. */
  readonly leaving?: readonly string[];
};

/** A summary of one pool's agent records. */
export type Agents = {
  readonly starting: number;
  readonly ready: number;
  readonly busy: number;
  readonly cooldown: number;
  readonly draining: number;
  /** Idle by their records, but their receives fail: no supply. */
  readonly notReceiving: number;
  /** Live by their records, but unresponsive: neither supply nor load. */
  readonly unresponsive: number;
  /** Records that couldn't be read. These agents may be busy, so the pool doesn't shrink. */
  readonly unreadable: number;
  /** How long the longest idle agent that receives has been idle; 0 without one. */
  readonly idleSeconds: number;
  /** Ready agents that may be scaled in, best first; at most {@link MAX_VICTIMS}. */
  readonly victims: readonly string[];
  /** Agents at work that may be retired: cooling down first, then those that began last. At most {@link MAX_VICTIMS}. */
  readonly working: readonly string[];
  /** Agents at work that take no further task. */
  readonly retiring: number;
  readonly outdated: Outdated;
  /** Starting agents that lack only scale-in protection, which ECS refuses while too many others have it. */
  readonly unprotected: number;
  /** Draining agents for which the desired count hasn't been lowered yet: an interrupted action. */
  readonly unaccountedDrains: readonly string[];
  readonly running: RunningTasks;
  /** What the pool did in each of the last minutes, oldest first, without minutes that completed no task. */
  readonly minutes: readonly MinuteBucket[];
  readonly activity: Activity;
};

/**
 * Agents that ECS replaces: they run a different task definition than the service's, or were launched before the current
 * deployment was created, or their instance is draining.
 */
export type Outdated = {
  /** Ready ones, best to scale in first, and working ones that aren't retiring; at most {@link MAX_VICTIMS} of each. */
  readonly ready: readonly string[];
  readonly working: readonly string[];
};

/**
 * How long the tasks in progress have been running. A task that hasn't ended says that durations are at least this
 * long, which completions alone don't show.
 */
export type RunningTasks = {
  /** Sum of their ages, in seconds. */
  readonly seconds: number;
  /** How many have run for at least 2ⁿ seconds and less than 2ⁿ⁺¹, by n; the first also counts younger ones. */
  readonly byAge: readonly number[];
};

/** What the pool did over the last {@link ACTIVITY_MINUTES} minutes. */
export type Activity = {
  readonly completed: number;
  /** Means over completed tasks; undefined when there were none. */
  readonly durationSeconds?: number;
  readonly contextBytes?: number;
  /** Mean over the tasks that started; undefined when none did. */
  readonly queueWaitSeconds?: number;
  /** Spread of the task duration: standard deviation ÷ mean, over all known minutes. Undefined for fewer than 2 tasks. */
  readonly durationSpread?: number;
  /** Mean time from launch to ready of the known agents; undefined when there are none. */
  readonly startupSeconds?: number;
};

/** Past arrivals per second at this time of day, and of the week; absent without enough history. */
export type Season = { readonly day?: number; readonly week?: number };

/** Another pool under the same ceiling, from its state. */
export type Neighbour = {
  readonly pool: string;
  readonly priority: number;
  readonly desired: number;
  /** What it wanted at its last tick, before the ceiling. */
  readonly wanted: number;
};

/** A reading older than this is stale: no pool shrinks on it. Reads take milliseconds unless they're retried. */
export const STALE_AFTER_MS = 10_000;

/** One scale-in drains at most this many agents. */
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

/** Agents that take tasks, or will once they've started; not draining, unresponsive or failing to receive. */
export function supply(agents: Agents): number {
  return agents.starting + idle(agents) + agents.busy;
}

/** Share of the supply that's busy, 0 to 1. Undefined without supply. */
export function utilizationOf(agents: Agents): number | undefined {
  return supply(agents) === 0 ? undefined : agents.busy / supply(agents);
}

/** A running ECS task of the service. */
export type FleetTask = { readonly id: string; readonly startedAtMs: number };
