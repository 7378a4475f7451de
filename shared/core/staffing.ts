import type { PoolConfig } from './pool/config.ts';
import { slotsOfWholeAgents } from './pool/slots.ts';
import { expectedLoad } from './queueing.ts';

/** What's expected of tasks and agents until agents started now are ready. */
export type Expected = {
  readonly arrivalsPerSecond: number;
  /** Variance ÷ mean of the number of arrivals; 1 for a Poisson process, more for bursts. */
  readonly dispersion: number;
  /** Mean task duration. */
  readonly durationSeconds: number;
  /** From requesting an agent until it's ready. */
  readonly startupSeconds: number;
};

/** Tasks and agents at one moment. */
export type Fleet = {
  /** Tasks queued or running. */
  readonly inSystem: number;
  /** Slots of agents that take tasks now. */
  readonly slots: number;
  /** Seconds until further slots are ready, soonest first. */
  readonly readyInSeconds: readonly number[];
};

/** How many slots a fleet needs by the time agents started now are ready. */
export type Staffing = {
  /** The load then: mean tasks in the system. */
  readonly load: number;
  /** Slots for the mean load, so that its tasks start within the planned queue wait. */
  readonly slots: number;
  /** One standard deviation of the load. A staffing margin of `z` keeps `z` of them. */
  readonly deviation: number;
  /** When that load is expected. */
  readonly horizonSeconds: number;
};

/** The share of the allowed queue wait that's planned; the other half is for chance. */
const PLANNED_WAIT = 0.5;

/**
 * The slots for a load, and its chance.
 *
 * 1. The load is the number of tasks in the system by the transient of an infinite-server queue while there are enough
 *    slots, and as a queue beyond ({@link expectedLoad}). A task that arrives at time `t` is late only if it's still
 *    queued at `t + allowed queue wait`, so the relevant time is the agents' readiness minus the planned queue wait.
 * 2. While `c` slots with a mean task duration of `S` are used, `c·w/S` tasks start within `w`. So `N` tasks start
 *    within `w` on `c = N / (1 + w/S)` slots.
 * 3. Of the `N` tasks in the system, a share `ρ = e^(-t/S)` is still there after `t`, each by its own chance: variance
 *    `Nρ(1-ρ)`. Arrivals `λ` refill `λS(1-ρ)`, Poisson distributed: as much variance again. If they're dispersed, each
 *    burst adds to it: `(D-1)·λS/2·(1-ρ²)`, so that the variance tends to `λS·(1 + (D-1)/2)`, which is the peakedness of
 *    such traffic (Whitt, "Heavy-traffic approximations for service systems with blocking", AT&T Bell Laboratories
 *    Technical Journal 63, 1984).
 */
export function staffing({ inSystem, ...fleet }: Fleet, expected: Expected, config: PoolConfig): Staffing {
  const { arrivalsPerSecond, dispersion, durationSeconds, startupSeconds } = expected;
  const plannedWait = PLANNED_WAIT * config.objective.withinSeconds;
  const horizonSeconds = Math.max(0, startupSeconds + config.tickSeconds / 2 - plannedWait);
  const load = expectedLoad({
    inSystem,
    ...fleet,
    arrivalsPerSecond,
    durationSeconds,
    seconds: horizonSeconds,
  });
  const offered = arrivalsPerSecond * durationSeconds;
  const remaining = Math.exp(-horizonSeconds / durationSeconds);
  const variance =
    inSystem * remaining * (1 - remaining) +
    offered * (1 - remaining) +
    ((dispersion - 1) * offered * (1 - remaining ** 2)) / 2;
  return {
    load,
    slots: load / (1 + plannedWait / durationSeconds),
    deviation: Math.sqrt(variance),
    horizonSeconds,
  };
}

/**
 * Width of the band in which a count stays, in standard deviations of the load. Without it, every ripple of the load
 * would stop an agent and soon start another.
 */
const BAND = 1.0;

/** The slots to grow to, and those to shrink to, with a staffing margin: those of whole agents. */
export function band({ slots, deviation }: Staffing, margin: number, concurrency: number) {
  const desired = slotsOfWholeAgents(slots + margin * deviation, concurrency);
  return {
    desired,
    keep: Math.max(desired, slotsOfWholeAgents(slots + (margin + BAND) * deviation, concurrency)),
  };
}
