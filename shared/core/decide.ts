import { type Decision, decidedCount, type Reason } from './decision.ts';
import { forecast } from './forecast/forecaster.ts';
import type { Forecast } from './forecast/signals.ts';
import { missingData } from './guards/data-quality.ts';
import { guard } from './guards/guard.ts';
import { remember, windowSeconds } from './guards/stabilization.ts';
import type { GuardStep } from './guards/step.ts';
import type { Inputs } from './inputs.ts';
import { renewMemory } from './memory.ts';
import type { Observation } from './observation.ts';
import type { Proposal, Situation } from './policies/policy.ts';
import { propose } from './policies/propose.ts';
import { inForceOf, type Memory, type PoolState } from './pool/state.ts';
import { type Surplus, surplusOf } from './surplus.ts';

/** A decision with everything that led to it. */
export type Decided = {
  readonly decision: Decision;
  readonly forecast: Forecast;
  readonly proposals: readonly Proposal[];
  readonly guards: readonly GuardStep[];
  /** Present while there are more agents than desired. */
  readonly surplus?: Surplus;
  /** What to remember for the next tick. */
  readonly memory: Memory;
};

/**
 * ECS may report the previous count for this long after the scaler changed it, because its API is eventually
 * consistent. A different count that persists was set by someone else.
 */
const ECS_SETTLES_MS = 60_000;

/** Decides what to do about a pool: forecast, propose, guard. Pure: the same inputs give the same decision. */
export function decide(inputs: Inputs): Decided {
  const { observation, state, config, mode } = inputs;
  const { forecast: expected, next } = forecast(observation, state.forecast, config);
  const seen = { ...renewMemory(inputs, expected), ...(next && { forecast: next }) };
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
  // One action at a time: a scale-in doesn't also replace agents.
  const surplus =
    decision.kind === 'scale-in' ? undefined : surplusOf(inputs, decidedCount(decision) ?? inForce);
  return { decision, forecast: expected, proposals, guards: steps, memory, ...(surplus && { surplus }) };
}

/** The desired count that this tick starts from; undefined while it's unknown. */
function desiredInForce({ atMs, fleet, agents }: Observation, state: PoolState): number | undefined {
  const ours = state.desired;
  if (fleet.kind === 'unknown') return ours;
  const theirs = fleet.value.desired;
  if (ours === undefined) return theirs;
  if (theirs <= ours || atMs - (state.changedAtMs ?? 0) < ECS_SETTLES_MS) return ours;
  // Either ECS hasn't applied our scale-in yet and the drained agents are still there, or someone raised the count.
  // A raised count is adopted, and shrinks through drains like any other.
  const draining = agents.kind === 'known' ? agents.value.draining : 0;
  return theirs - ours <= draining ? ours : theirs;
}

/** The situation, or undefined while anything it needs is unknown. */
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

/** When each starting agent will be ready. The agents still starting are the ones requested last. */
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
  // When the others were requested is unknown: they may be ready at any moment.
  while (ready.length < starting) ready.push(0);
  return ready.reverse();
}

type Band = { readonly desired: number; readonly keep: number; readonly holdSeconds?: number };

/** The largest proposal wins, for growing and for shrinking. Without proposals the count stays. */
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

/** For policies that don't set a hold time: the default of Kubernetes' Horizontal Pod Autoscaler. */
const DEFAULT_HOLD_SECONDS = 300;

function target({ desired, keep }: Band, inForce: number): number {
  if (inForce < desired) return desired;
  return Math.min(inForce, keep);
}

function undecided(observation: Observation, expected: Forecast, memory: Memory): Decided {
  const text = missingData(observation) ?? 'the desired count is unknown';
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

/** A scale-in interrupted between draining and lowering the count is finished before anything else. */
function finishDrain({ agents }: Observation, desired: number, min: number): Decision | undefined {
  if (agents.kind === 'unknown' || agents.value.unaccountedDrains.length === 0) return undefined;
  const victims = agents.value.unaccountedDrains;
  const to = Math.min(desired, Math.max(min, desired - victims.length));
  const text = `finishing an interrupted scale-in: ${victims.length} already draining`;
  return { kind: 'scale-in', from: desired, to, victims, reason: { code: 'DrainUnfinished', text } };
}

function resize({ agents, fleet }: Observation, from: number, to: number, reason: Reason): Decision {
  if (to > from) return { kind: 'scale-out', from, to, reason };
  if (to < from && agents.kind === 'known') {
    return { kind: 'scale-in', from, to, victims: agents.value.victims.slice(0, from - to), reason };
  }
  if (fleet.kind === 'known' && fleet.value.desired !== from) {
    const text = `ECS has a desired count of ${fleet.value.desired}, expected ${from}`;
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
