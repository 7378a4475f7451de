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
  /** The pools that share a ceiling or a limit with this one. */
  readonly neighbours: Reading<readonly Neighbour[]>;
  /** The pool's limits that were ever used. */
  readonly limits: Reading<readonly LimitReading[]>;
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
  /** Draining agents that ECS replaces, so that the desired count isn't lowered for them. */
  readonly replacing: number;
  readonly slots: Slots;
  /** Idle by their records, but their receives fail: no supply. */
  readonly notReceiving: number;
  /** Live by their records, but unresponsive: neither supply nor load. */
  readonly unresponsive: number;
  /** Records that couldn't be read. These agents may be busy, so the pool doesn't shrink. */
  readonly unreadable: number;
  /** Agents whose event loop is held up by a handler: they take no further task until it isn't. */
  readonly heldUp: number;
  /** How the busy agents fare that have measured it; absent when none has. */
  readonly load?: BusyLoad;
  /** Of the agents that receive and have a free slot, how long the first has had one, in seconds; 0 without one. */
  readonly idleSeconds: number;
  /** Agents without tasks that may be scaled in, best first: those already draining, then ready ones. At most {@link MAX_VICTIMS}. */
  readonly victims: readonly string[];
  /** Busy agents that may be drained, the one with the least left to do first. At most {@link MAX_VICTIMS}. */
  readonly working: readonly string[];
  /** Agents that have fewer slots than the pool's concurrency says, until the scaler has changed their records. */
  readonly changing: number;
  /** Draining agents that the desired count still includes: how many, and how many of them are without tasks. */
  readonly consolidating: { readonly agents: number; readonly empty: number };
  /** Those that are best to take back, first: the ones with the most left to do. At most {@link MAX_VICTIMS}. */
  readonly resumable: readonly string[];
  readonly outdated: Outdated;
  /** Starting agents that lack only scale-in protection, which ECS refuses while too many others have it. */
  readonly unprotected: number;
  /** Draining agents for which the desired count hasn't been lowered yet: an interrupted action. */
  readonly unaccountedDrains: readonly string[];
  readonly running: RunningTasks;
  /** By the names of the pool's limits. */
  readonly limitUse: Readonly<Record<string, LimitUse>>;
  /** What the pool did in each of the last minutes, oldest first, without minutes that completed no task. */
  readonly minutes: readonly MinuteBucket[];
  readonly activity: Activity;
};

/** What tasks ask of the agents that work on them. Other concurrencies and sizes are estimated from it. */
export type BusyLoad = {
  /** Tasks an agent, and the share of its processors (0 to 1): means. */
  readonly tasks: number;
  readonly cpuShare: number;
  /** Memory of one agent, and by how much its timers are late: the most. */
  readonly memoryMiB: number;
  readonly eventLoopDelayMs: number;
};

/** Slots of agents that respond. */
export type Slots = {
  /** Tasks of agents that take tasks, and the slots in which these agents could take another one. */
  readonly used: number;
  readonly free: number;
  /** Slots of agents at work that take no task now: they're held up, can't receive or are about to exit. */
  readonly unusable: number;
  /** Tasks of draining agents. Their slots are given up as they end. */
  readonly draining: number;
};

/**
 * Agents that ECS replaces: they run a different task definition than the service's, or were launched before the current
 * deployment was created, or their instance is draining.
 */
export type Outdated = {
  /** Ready ones, best to scale in first, and working ones, those that began last first; at most {@link MAX_VICTIMS} of each. */
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

/** Another pool that shares a ceiling or a limit with this one, from its state. */
export type Neighbour = {
  readonly pool: string;
  /** Its priority under the ceiling; absent when it's under another one, or under none. */
  readonly priority?: number;
  readonly desired: number;
  /** What it wanted at its last tick, before the ceiling. */
  readonly wanted: number;
  /** Of the limits that both share, with the limit time a second that it could use, in milliseconds. */
  readonly limits: readonly { readonly name: string; readonly priority: number; readonly claim: number }[];
};

/** A limit of the services behind the agents: up to when its time is leased, and until when it's closed, if it was ever. */
export type LimitReading = {
  readonly name: string;
  readonly freeAtMs: number;
  readonly closedUntilMs?: number;
};

/** What a pool's agents did with a limit lately: means over the last minutes. */
export type LimitUse = {
  /** Limit time used in a second, in milliseconds. */
  readonly msPerSecond: number;
  /** Used slots, and those of them that waited for the limit. */
  readonly slots: number;
  readonly waitingSlots: number;
  /** Refusals by the service. */
  readonly refused: number;
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

/** Agents without tasks that can take one now. */
export function idle(agents: Agents): number {
  return agents.ready + agents.cooldown;
}

/** Agents that take tasks, or will once they've started; not draining, unresponsive or failing to receive. */
export function supply(agents: Agents): number {
  return agents.starting + idle(agents) + agents.busy;
}

/** Slots of agents that take tasks, or will once they've started. */
export function slotSupply({ starting, slots }: Agents, concurrency: number): number {
  return starting * concurrency + slots.used + slots.free;
}

/** Share of the slots that are used, 0 to 1. Undefined without any. */
export function utilizationOf(agents: Agents, concurrency: number): number | undefined {
  const slots = slotSupply(agents, concurrency);
  return slots === 0 ? undefined : agents.slots.used / slots;
}

/** A running ECS task of the service. */
export type FleetTask = { readonly id: string; readonly startedAtMs: number };
