import type { PoolConfig } from '../pool/config.ts';
import type { PoolState, Recommendation } from '../pool/state.ts';
import type { Decision, Reason } from './decision.ts';
import { type GuardStep, guard, missingData } from './guards.ts';
import type { Observation } from './observation.ts';
import type { Proposal } from './policies/policy.ts';
import { situationOf } from './policies/policy.ts';
import { propose } from './policies/propose.ts';

/** A decision with all that led to it. */
export type Decided = {
  readonly decision: Decision;
  readonly proposals: readonly Proposal[];
  readonly guards: readonly GuardStep[];
  /** Wanted counts to remember for the next tick. */
  readonly recommendations: readonly Recommendation[];
};

/**
 * For a while after a change of ours ECS may still show the count before it (its API is eventually consistent);
 * a different count that stays for longer was set by somebody else.
 */
const ECS_SETTLES_MS = 60_000;

/** Decides what to do about a pool. Pure: the same observation, state and configuration give the same answer. */
export function decide(observation: Observation, state: PoolState, config: PoolConfig): Decided {
  const inForce = desiredInForce(observation, state);
  if (inForce === undefined) return undecided(observation, state);
  const situation = situationOf(observation, inForce);
  const proposals = situation ? propose(situation, config) : [];
  const wanted = largest(proposals) ?? inForce;
  const recommendations = remember(
    state.recommendations,
    { atMs: observation.atMs, desired: wanted },
    config,
  );
  const { allowed, steps } = guard(wanted, { observation, config, desired: inForce, recommendations });
  return {
    decision:
      finishDrain(observation, inForce, config) ??
      resize(observation, inForce, allowed, reasonFor(observation, proposals, wanted, steps)),
    proposals,
    guards: steps,
    recommendations,
  };
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

function undecided(observation: Observation, state: PoolState): Decided {
  const text = missingData(observation) ?? 'the desired count is not known';
  return {
    decision: { kind: 'hold', at: undefined, reason: { code: 'DataMissing', text } },
    proposals: [],
    guards: [],
    recommendations: state.recommendations,
  };
}

/** A scale-in that was interrupted between draining and lowering the count is finished before anything else. */
function finishDrain({ agents }: Observation, desired: number, config: PoolConfig): Decision | undefined {
  if (agents.kind === 'unknown' || agents.value.unaccountedDrains.length === 0) return undefined;
  const victims = agents.value.unaccountedDrains;
  const to = Math.min(desired, Math.max(config.min, desired - victims.length));
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
  observation: Observation,
  proposals: readonly Proposal[],
  wanted: number,
  steps: readonly GuardStep[],
): Reason {
  const limited = steps.at(-1);
  if (limited) return limited.reason;
  const winner = proposals.find((proposal) => proposal.kind === 'want' && proposal.desired === wanted);
  if (winner) return { code: 'PolicyWants', text: `${winner.policy}: ${winner.why}` };
  const missing = missingData(observation);
  if (missing) return { code: 'DataMissing', text: missing };
  return {
    code: 'Steady',
    text: proposals.map((proposal) => `${proposal.policy}: ${proposal.why}`).join('; '),
  };
}

function largest(proposals: readonly Proposal[]): number | undefined {
  const counts = proposals.flatMap((proposal) => (proposal.kind === 'want' ? [proposal.desired] : []));
  return counts.length === 0 ? undefined : Math.max(...counts);
}

/** Keeps what the stabilization window can still need: later, larger counts make earlier, smaller ones irrelevant. */
function remember(
  earlier: readonly Recommendation[],
  latest: Recommendation,
  config: PoolConfig,
): readonly Recommendation[] {
  const sinceMs = latest.atMs - config.scaleInStabilizationSeconds * 1000;
  return [...earlier.filter(({ atMs, desired }) => atMs >= sinceMs && desired > latest.desired), latest];
}
