import type { PoolConfig } from '../pool/config.ts';
import type { Recommendation } from '../pool/state.ts';
import type { Reason } from './decision.ts';
import { type Observation, STALE_AFTER_MS } from './observation.ts';

/** A guard that changed what was wanted: "wanted 12, at most 10". */
export type GuardStep = { readonly from: number; readonly to: number; readonly reason: Reason };

type GuardContext = {
  readonly observation: Observation;
  readonly config: PoolConfig;
  /** The desired count in force. */
  readonly desired: number;
  /** What was wanted within the stabilization window, this tick included. */
  readonly recommendations: readonly Recommendation[];
};

/** Gives another count than `wanted` and the reason, or undefined to let it pass. */
type Guard = (
  wanted: number,
  context: GuardContext,
) => { readonly to: number; readonly reason: Reason } | undefined;

/** Shrinks only to the largest count wanted within the window, so that a short lull lets nobody go. */
const stabilization: Guard = (wanted, { desired, recommendations, config }) => {
  if (wanted >= desired) return undefined;
  const highest = Math.max(wanted, ...recommendations.map((recommendation) => recommendation.desired));
  const to = Math.min(desired, highest);
  return change(
    wanted,
    to,
    'Stabilizing',
    `${highest} wanted within the last ${Math.round(config.scaleInStabilizationSeconds)} s`,
  );
};

const bounds: Guard = (wanted, { config: { min, max } }) => {
  if (wanted < min) return change(wanted, min, 'BelowMin', `the pool has at least ${min}`);
  if (wanted > max) return change(wanted, max, 'AboveMax', `the pool has at most ${max}`);
  return undefined;
};

/** What could not be read is not zero: nothing shrinks on it. */
const completeData: Guard = (wanted, { observation, desired }) => {
  if (wanted >= desired) return undefined;
  const missing = missingData(observation);
  return missing === undefined ? undefined : change(wanted, desired, 'DataMissing', missing);
};

/** One action at a time: nothing shrinks while agents still start or stop. */
const settled: Guard = (wanted, { observation: { agents, fleet }, desired }) => {
  if (wanted >= desired || agents.kind === 'unknown' || fleet.kind === 'unknown') return undefined;
  const { starting, draining } = agents.value;
  const { running, pending } = fleet.value;
  if (starting + draining === 0 && pending === 0 && running === fleet.value.desired) return undefined;
  const text = `${starting} starting, ${draining} draining, ${running} running and ${pending} pending of ${fleet.value.desired}`;
  return change(wanted, desired, 'ActionInProgress', text);
};

/** Only ready agents are let go, so no more than there are. */
const readyVictims: Guard = (wanted, { observation: { agents }, desired }) => {
  if (wanted >= desired || agents.kind === 'unknown') return undefined;
  const to = Math.max(wanted, desired - agents.value.victims.length);
  return change(wanted, to, 'NoAgentToLetGo', `${agents.value.victims.length} agents are ready to be let go`);
};

/** In this order: what is wanted, then what is allowed, then what is safe, then what is possible. */
const GUARDS: readonly Guard[] = [stabilization, bounds, completeData, settled, readyVictims];

/** Passes a wanted count through every guard. */
export function guard(
  wanted: number,
  context: GuardContext,
): { readonly allowed: number; readonly steps: readonly GuardStep[] } {
  const steps: GuardStep[] = [];
  let allowed = wanted;
  for (const check of GUARDS) {
    const changed = check(allowed, context);
    if (!changed) continue;
    steps.push({ from: allowed, ...changed });
    allowed = changed.to;
  }
  return { allowed, steps };
}

/** Why the observation is not complete enough to shrink on; undefined when it is. */
export function missingData({ atMs, queue, fleet, agents }: Observation): string | undefined {
  if (queue.kind === 'unknown') return `the queue could not be read: ${queue.reason}`;
  if (fleet.kind === 'unknown') return `the service could not be read: ${fleet.reason}`;
  if (agents.kind === 'unknown') return `the agents could not be read: ${agents.reason}`;
  const ageMs = atMs - Math.min(queue.atMs, fleet.atMs, agents.atMs);
  if (ageMs > STALE_AFTER_MS) return `what was read is ${Math.round(ageMs / 1000)} s old`;
  if (agents.value.unreadable > 0) return `${agents.value.unreadable} records of agents could not be read`;
  if (agents.value.silent > 0) return `${agents.value.silent} agents are silent`;
  return undefined;
}

function change(from: number, to: number, code: Reason['code'], text: string) {
  return from === to ? undefined : { to, reason: { code, text } };
}
