import { blockedBacklog } from './blocked.ts';
import { type Decision, decidedCount, type Reason } from './decision.ts';
import { type Forecast, forecast } from './forecast/forecaster.ts';
import { missingData, overdueStarts } from './guards/data-quality.ts';
import { guard } from './guards/guard.ts';
import { spentUntil } from './guards/limits.ts';
import { remember, windowSeconds } from './guards/stabilization.ts';
import type { GuardStep } from './guards/step.ts';
import type { Inputs } from './inputs.ts';
import type { Observation } from './observation.ts';
import type { Proposal, Situation } from './policies/policy.ts';
import { propose } from './policies/propose.ts';
import { inForceOf, type Memory, type PoolState } from './pool/state.ts';
import { type Surplus, surplusOf } from './surplus.ts';

/** A decision with all that led to it. */
export type Decided = {
  readonly decision: Decision;
  readonly forecast: Forecast;
  readonly proposals: readonly Proposal[];
  readonly guards: readonly GuardStep[];
  /** Present while more agents are at work than desired. */
  readonly surplus?: Surplus;
  /** What to remember for the next tick. */
  readonly memory: Memory;
};

/**
 * For a while after a change of ours ECS may still show the count before it (its API is eventually consistent);
 * a different count that stays for longer was set by somebody else.
 */
const ECS_SETTLES_MS = 60_000;

/** Decides what to do about a pool: forecast, propose, guard. Pure: the same inputs give the same answer. */
export function decide(inputs: Inputs): Decided {
  const { observation, state, config, mode } = inputs;
  const { forecast: expected, next } = forecast(observation, state.forecast, config);
  const seen = { ...look(inputs, expected), ...(next && { forecast: next }) };
  const inForce = desiredInForce(observation, state);
  if (inForce === undefined) return undecided(observation, expected, seen);
  const situation = situationOf(observation, inForce, expected, seen);
  const proposals = situation && mode.kind !== 'pinned' ? propose(situation, config) : [];
  const wanted =
    mode.kind === 'pinned' ? { desired: mode.desired, keep: mode.desired } : combine(proposals, inForce);
  const recommendations = remember(
    state.recommendations,
    { atMs: observation.atMs, desired: wanted.keep },
    windowSeconds(config, wanted.holdSeconds ?? 0),
  );
  const memory = {
    ...seen,
    recommendations,
    wanted: Math.max(wanted.desired, Math.min(wanted.keep, inForce)),
  };
  const { allowed, steps } = guard(target(wanted, inForce), {
    ...inputs,
    state: { ...inForceOf(state), ...memory },
    desired: inForce,
    forecast: expected,
  });
  const decision =
    paused(inputs, inForce) ??
    finishDrain(observation, inForce, config.min) ??
    resize(observation, inForce, allowed, reasonFor(inputs, proposals, wanted.desired, steps));
  // One action at a time: who shrinks does not replace.
  const surplus =
    decision.kind === 'scale-in' ? undefined : surplusOf(inputs, decidedCount(decision) ?? inForce);
  return { decision, forecast: expected, proposals, guards: steps, memory, ...(surplus && { surplus }) };
}

/** The desired count that this tick starts from; undefined when nobody knows it. */
function desiredInForce({ atMs, fleet, agents }: Observation, state: PoolState): number | undefined {
  const ours = state.desired;
  if (fleet.kind === 'unknown') return ours;
  const theirs = fleet.value.desired;
  if (ours === undefined) return theirs;
  if (theirs <= ours || atMs - (state.changedAtMs ?? 0) < ECS_SETTLES_MS) return ours;
  // A higher count in ECS is either our own lowering that has not happened yet, with the drained agents still
  // there, or somebody raised it: then it is taken over, and shrinks through drains like any other.
  const draining = agents.kind === 'known' ? agents.value.draining : 0;
  return theirs - ours <= draining ? ours : theirs;
}

/** What this look adds to the pool's memory. */
function look({ observation, state, config }: Inputs, { startupSeconds }: Forecast): Memory {
  const { atMs, queue, agents, fleet } = observation;
  const { changes, recommendations, forecast: _, blocked: __, overdue: ___, ...kept } = state;
  const recent = changes.filter((change) => change.atMs > atMs - CHANGES_MS);
  const overdue = overdueStarts(observation, { ...state, changes: recent }, startupSeconds);
  const blocked =
    queue.kind === 'known' && agents.kind === 'known'
      ? blockedBacklog(queue.value, agents.value, config, state.blocked, atMs)
      : state.blocked;
  return {
    ...(kept.wanted !== undefined && { wanted: kept.wanted }),
    recommendations,
    changes: recent,
    emptyTicks: isEmpty(observation) ? state.emptyTicks + 1 : 0,
    spending: spentUntil(
      atMs,
      fleet.kind === 'known' ? fleet.value.running + fleet.value.pending : (state.desired ?? 0),
      state.spending,
    ),
    ...(overdue && { overdue }),
    ...(blocked && { blocked }),
  };
}

/** Changes of the desired count are remembered for longer than any start-up takes. */
const CHANGES_MS = 15 * 60_000;

function isEmpty({ queue, agents }: Observation): boolean {
  if (queue.kind === 'unknown' || agents.kind === 'unknown') return false;
  const { visible, inFlight, delayed } = queue.value;
  return visible + inFlight + delayed + agents.value.busy === 0;
}

/** The situation, or undefined while something that it needs is unknown. */
function situationOf(
  { atMs, queue, fleet, agents }: Observation,
  desired: number,
  expected: Forecast,
  { blocked, changes }: Memory,
): Situation | undefined {
  if (queue.kind === 'unknown' || fleet.kind === 'unknown' || agents.kind === 'unknown') return undefined;
  return {
    atMs,
    queue: queue.value,
    runnable: queue.value.visible - (blocked?.count ?? 0),
    agents: agents.value,
    readyInSeconds: readyIn(changes, agents.value.starting, expected.startupSeconds, atMs),
    desired,
    forecast: expected,
  };
}

/** When each starting agent will be ready: those that start are the latest that were asked for. */
function readyIn(
  changes: Memory['changes'],
  starting: number,
  startupSeconds: number,
  atMs: number,
): number[] {
  const ready: number[] = [];
  for (const change of changes.toReversed()) {
    for (let each = 0; each < change.by && ready.length < starting; each++) {
      ready.push(Math.max(0, startupSeconds - (atMs - change.atMs) / 1000));
    }
  }
  // Of the others nobody knows when they were asked for: they may be ready at any moment.
  while (ready.length < starting) ready.push(0);
  return ready.reverse();
}

type Band = { readonly desired: number; readonly keep: number; readonly holdSeconds?: number };

/** The largest proposal decides, for growing and for shrinking; without any the pool stays as it is. */
function combine(proposals: readonly Proposal[], inForce: number): Band {
  const wants = proposals.filter((proposal) => proposal.kind === 'want');
  if (wants.length === 0) return { desired: inForce, keep: inForce };
  const desired = Math.max(...wants.map((want) => want.desired));
  return {
    desired,
    keep: Math.max(desired, ...wants.map((want) => want.keep ?? want.desired)),
    holdSeconds: Math.max(...wants.map((want) => want.holdSeconds ?? DEFAULT_HOLD_SECONDS)),
  };
}

/** For policies that do not say for how long they hold: as long as Kubernetes' autoscaler does. */
const DEFAULT_HOLD_SECONDS = 300;

function target({ desired, keep }: Band, inForce: number): number {
  if (inForce < desired) return desired;
  return Math.min(inForce, keep);
}

function undecided(observation: Observation, expected: Forecast, memory: Memory): Decided {
  const text = missingData(observation) ?? 'the desired count is not known';
  return {
    decision: { kind: 'hold', at: undefined, reason: { code: 'DataMissing', text } },
    forecast: expected,
    proposals: [],
    guards: [],
    memory,
  };
}

function paused({ mode }: Inputs, inForce: number): Decision | undefined {
  if (mode.kind !== 'paused') return undefined;
  return { kind: 'hold', at: inForce, reason: { code: 'Paused', text: `paused by ${mode.by}` } };
}

/** A scale-in that was interrupted between draining and lowering the count is finished before anything else. */
function finishDrain({ agents }: Observation, desired: number, min: number): Decision | undefined {
  if (agents.kind === 'unknown' || agents.value.unaccountedDrains.length === 0) return undefined;
  const victims = agents.value.unaccountedDrains;
  const to = Math.min(desired, Math.max(min, desired - victims.length));
  const text = `${victims.length} agents were drained by an action that did not end`;
  return { kind: 'scale-in', from: desired, to, victims, reason: { code: 'DrainUnfinished', text } };
}

function resize({ agents, fleet }: Observation, from: number, to: number, reason: Reason): Decision {
  if (to > from) return { kind: 'scale-out', from, to, reason };
  if (to < from && agents.kind === 'known') {
    return { kind: 'scale-in', from, to, victims: agents.value.victims.slice(0, from - to), reason };
  }
  if (fleet.kind === 'known' && fleet.value.desired !== from) {
    const text = `ECS has ${fleet.value.desired}, decided were ${from}`;
    return {
      kind: 'repair',
      from: fleet.value.desired,
      to: from,
      reason: { code: 'DesiredCountDrifted', text },
    };
  }
  return { kind: 'hold', at: from, reason };
}

function reasonFor(
  { observation, mode }: Inputs,
  proposals: readonly Proposal[],
  desired: number,
  steps: readonly GuardStep[],
): Reason {
  const limited = steps.at(-1);
  if (limited) return limited.reason;
  if (mode.kind === 'pinned') return { code: 'Pinned', text: `pinned to ${mode.desired} by ${mode.by}` };
  const winner = proposals.find((proposal) => proposal.kind === 'want' && proposal.desired === desired);
  if (winner) return { code: 'PolicyWants', text: `${winner.policy}: ${winner.why}` };
  const missing = missingData(observation);
  if (missing) return { code: 'DataMissing', text: missing };
  return {
    code: 'Steady',
    text: proposals.map((proposal) => `${proposal.policy}: ${proposal.why}`).join('; '),
  };
}
