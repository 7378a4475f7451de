import { type DecisionRecord, desiredAfter } from '../core/decision-record.ts';
import { arrivedWithin, observedSeconds } from '../core/forecast/signals/arrivals.ts';
import type { GuardStep } from '../core/guards/apply.ts';
import type { Proposal } from '../core/policies/policy.ts';
import type { PoolConfig } from '../core/pool/config.ts';
import type { PoolState } from '../core/pool/state.ts';
import type { LoggedDecision } from '../ports/decision-log.ts';
import { drainsOf, known, limitsOf, lineOf, type Section, sectionsOf, slotsIn } from './decision-text.ts';

/** A decision as shown to people and other programs: in the log, the command line, the console and the demo. */
export type DecisionView = {
  readonly pool: string;
  readonly atMs: number;
  readonly kind: string;
  /** The desired count before it and after it; undefined while it's unknown. */
  readonly from: number | undefined;
  readonly desired: number | undefined;
  /** The binding reason. */
  readonly reason: string;
  /** Stable, for programs. */
  readonly code: string;
  /** What would have to change for another count. */
  readonly until?: string;
  /** What the tick read; `undefined` where a read failed. */
  readonly read: {
    readonly visible: number | undefined;
    readonly inFlight: number | undefined;
    /** Agents that can take a task now: ready or in cooldown. */
    readonly idle: number | undefined;
    readonly busy: number | undefined;
    readonly starting: number | undefined;
    readonly draining: number | undefined;
    /** Slots of the agents that take tasks: those used, by tasks of draining agents too, and all. */
    readonly slotsUsed: number | undefined;
    readonly slots: number | undefined;
    /** Busy agents whose handler holds up their event loop, so that they take no further task. */
    readonly heldUp: number | undefined;
  };
  /** What the tick did about agents beyond those that should take tasks, a phrase each; absent for nothing. */
  readonly drains?: readonly string[];
  /** What the pool's limits give and what's wanted of them, a sentence each; absent without limits. */
  readonly limits?: readonly string[];
  /** What the pool expects; absent if another version recorded the decision. */
  readonly expected?: Expectation;
  /** What each policy wanted, and the guards' changes, in their order. */
  readonly proposals: readonly Proposal[];
  readonly guards: readonly GuardStep[];
  /** The bounds and the objective in effect; absent if another version recorded the decision. */
  readonly bounds?: Bounds;
  /** The step of the action that failed, and why. */
  readonly failure?: string;
  /** The decision in one line. */
  readonly line: string;
  /** The decision in full, part by part: what was done and why first, then what led there. */
  readonly sections: readonly Section[];
};

/** What is expected until agents started now are ready. */
export type Expectation = {
  /** Tasks per second: seen until the tick before, over {@link SEEN_SECONDS}, and expected, with the range in which nine of ten counts fall. */
  readonly arrivals: number;
  readonly forecast: number;
  readonly low: number;
  readonly high: number;
  readonly durationSeconds: number;
  readonly startupSeconds: number;
  /** Share of recent tasks that started within the objective, 0 to 1; absent before the first. */
  readonly attained?: number;
  /** Agent-hours used since the UTC day began. */
  readonly agentHoursToday: number;
};

export type Bounds = Pick<PoolConfig, 'min' | 'max' | 'objective'>;

export function viewDecision(record: DecisionRecord): DecisionView {
  const { observation, decision, outcome, proposals, guards, config } = record;
  const queue = known(observation.queue);
  const agents = known(observation.agents);
  return {
    pool: observation.pool,
    atMs: observation.atMs,
    kind: decision.kind,
    from: decision.kind === 'hold' ? decision.at : decision.from,
    desired: desiredAfter(record),
    reason: decision.reason.text,
    code: decision.reason.code,
    ...(decision.reason.until !== undefined && { until: decision.reason.until }),
    read: {
      visible: queue?.visible,
      inFlight: queue?.inFlight,
      idle: agents && agents.ready + agents.cooldown,
      busy: agents?.busy,
      starting: agents?.starting,
      draining: agents?.draining,
      slotsUsed: agents && agents.slots.used + agents.slots.draining,
      slots: agents && slotsIn(agents),
      heldUp: agents?.heldUp,
    },
    ...(record.surplus && { drains: drainsOf(record.surplus) }),
    ...(config.limits.length > 0 && { limits: limitsOf(record) }),
    expected: expectationOf(record),
    proposals,
    guards,
    bounds: { min: config.min, max: config.max, objective: config.objective },
    ...(outcome.kind === 'failed' && { failure: `could not ${outcome.step}: ${outcome.reason}` }),
    line: lineOf(record),
    sections: sectionsOf(record),
  };
}

/** A logged decision; one of another version says so in the place of its reason. */
export function viewLogged(pool: string, logged: LoggedDecision): DecisionView {
  if (logged.kind === 'decision') return viewDecision(logged.record);
  const { atMs, reason } = logged;
  const nothing = undefined;
  return {
    pool,
    atMs,
    kind: 'unreadable',
    from: nothing,
    desired: nothing,
    reason,
    code: 'Unreadable',
    read: {
      visible: nothing,
      inFlight: nothing,
      idle: nothing,
      busy: nothing,
      starting: nothing,
      draining: nothing,
      slotsUsed: nothing,
      slots: nothing,
      heldUp: nothing,
    },
    proposals: [],
    guards: [],
    line: reason,
    sections: [{ title: 'decision', text: reason }],
  };
}

/** Long enough for a rate, and short enough that it's gone soon after the last task. */
const SEEN_SECONDS = 30;

/** The rate over the latest {@link SEEN_SECONDS}; undefined before the second tick. */
function seenPerSecond({ forecast }: PoolState): number | undefined {
  const known = forecast?.known.arrivals;
  const seconds = known ? Math.min(SEEN_SECONDS, observedSeconds(known)) : 0;
  return known && seconds > 0 ? arrivedWithin(known.slots, seconds) / seconds : undefined;
}

/** How many standard deviations below and above the mean nine of ten values fall, if they're normally distributed. */
const NINE_OF_TEN = 1.645;

/**
 * The rate over a start-up is a count divided by its time: of a mean `λt` and, as the forecast measures dispersion, a
 * variance of `D·λt`.
 */
function expectationOf({ forecast, state }: DecisionRecord): Expectation {
  const { naivePerSecond, arrivalsPerSecond, dispersion, durationSeconds, startupSeconds, attained } =
    forecast;
  const spread = NINE_OF_TEN * Math.sqrt((dispersion * arrivalsPerSecond) / Math.max(1, startupSeconds));
  return {
    arrivals: seenPerSecond(state) ?? naivePerSecond,
    forecast: arrivalsPerSecond,
    low: Math.max(0, arrivalsPerSecond - spread),
    high: arrivalsPerSecond + spread,
    durationSeconds,
    startupSeconds,
    ...(attained !== undefined && { attained }),
    agentHoursToday: (state.spending?.agentSeconds ?? 0) / 3600,
  };
}
