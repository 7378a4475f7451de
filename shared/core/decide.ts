import { runnableTasks } from './blocked.ts';
import { type Decision, decidedCount, type Reason } from './decision.ts';
import { forecast } from './forecast/forecaster.ts';
import type { Forecast } from './forecast/signals.ts';
import { claimOf, type GuardStep, guard } from './guards/apply.ts';
import { missingData } from './guards/data-quality.ts';
import type { GuardContext } from './guards/guard.ts';
import { keptWithoutDraining } from './guards/possible.ts';
import { type Fed, fedBy, limitClaims } from './guards/provider-limits.ts';
import { remember, windowSeconds } from './guards/stabilization.ts';
import type { Inputs } from './inputs.ts';
import { renewMemory } from './memory.ts';
import { type Agents, type Observation, supply } from './observation.ts';
import type { Proposal, Situation } from './policies/policy.ts';
import { propose } from './policies/propose.ts';
import type { Memory, Mode } from './pool/state.ts';
import { type Surplus, surplusOf } from './surplus.ts';

/** A decision with everything that led to it. */
export type Decided = {
  readonly decision: Decision;
  readonly forecast: Forecast;
  readonly proposals: readonly Proposal[];
  readonly guards: readonly GuardStep[];
  /** Present while there are more agents than should take tasks, or a drain is taken back. */
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
  const inForce = desiredInForce(inputs);
  if (inForce === undefined) return undecided(observation, expected, seen);

  const situation = situationOf({ observation, desired: inForce, forecast: expected, memory: seen, config });
  const proposals = mode.kind === 'automatic' ? propose(situation, config) : [];
  const wished = bandOf(mode, proposals, inForce);
  const fed =
    mode.kind === 'automatic'
      ? fedBy({ ...inputs, desired: inForce, forecast: expected, memory: seen }, wished.desired)
      : undefined;
  const wanted = fed ? within(wished, fed) : wished;
  const remembered = {
    ...seen,
    recommendations: remember(
      state.recommendations,
      { atMs: observation.atMs, desired: wanted.keep },
      windowSeconds(config, wanted.holdSeconds ?? 0),
    ),
  };
  const context = { ...inputs, desired: inForce, forecast: expected, memory: remembered };
  const target = targetOf(wanted, inForce);
  const guarded = guard(target, context);
  const { allowed } = guarded;
  // A drain is taken back for what policies want to grow to, not for what they would keep.
  const goal = {
    atLeast: Math.min(guarded.goal, Math.max(wanted.desired, config.min)),
    atMost: guarded.goal,
    bound: Math.min(guarded.bound, fed?.keep ?? Infinity),
  };
  const steps = [...stepsOf(fed, wished), ...guarded.steps];
  const decision =
    paused(inputs, inForce) ??
    finishDrain(context) ??
    resize(context, allowed, () =>
      reasonFor(context, allowed, { proposals, desired: wanted.desired, steps }),
    );
  const surplus = surplusOf(inputs, { desired: decidedCount(decision) ?? inForce, goal, decision });
  return {
    decision,
    forecast: expected,
    proposals,
    guards: steps,
    memory: {
      ...remembered,
      wanted: mode.kind === 'paused' ? inForce : claimOf(target, context),
      ...claimsOf(expected, config.concurrency * Math.min(wished.desired, config.max)),
    },
    ...(surplus && { surplus }),
  };
}

/** The desired count that this tick starts from; undefined while it's unknown. */
function desiredInForce({ observation, state, config }: Inputs): number | undefined {
  const { atMs, fleet, agents } = observation;
  const ours = state.desired;
  if (fleet.kind === 'unknown') return ours;
  const theirs = fleet.value.desired;
  if (ours === undefined) return theirs;
  if (theirs <= ours) return ours;
  // Agents that were given up because ECS hadn't placed them may be at work by now.
  if (atMs - (state.changedAtMs ?? 0) < ECS_SETTLES_MS)
    return Math.max(ours, Math.min(theirs, atWork(agents), config.max));
  // Either ECS hasn't applied our scale-in yet and the drained agents are still there, or someone raised the count.
  // A raised count is adopted, and shrinks through drains like any other.
  const draining = agents.kind === 'known' ? leaving(agents.value) : 0;
  return theirs - ours <= draining ? ours : theirs;
}

/** Draining agents for which the desired count is lowered. */
function leaving({ draining, consolidating, replacing }: Agents): number {
  return draining - consolidating.agents - replacing;
}

function atWork(agents: Observation['agents']): number {
  if (agents.kind === 'unknown') return 0;
  const { busy, consolidating } = agents.value;
  return busy + consolidating.agents - consolidating.empty;
}

/** What the policies see. A part that couldn't be read is missing. */
function situationOf({
  observation: { atMs, queue, fleet, agents },
  desired,
  forecast: expected,
  memory: { blocked, changes },
  config: { concurrency },
}: Pick<GuardContext, 'observation' | 'desired' | 'forecast' | 'memory' | 'config'>): Situation {
  const counts = queue.kind === 'known' ? queue.value : undefined;
  const seen = agents.kind === 'known' ? startingByRecord(agents.value, fleet, desired) : undefined;
  return {
    atMs,
    queue: counts,
    runnable: counts && runnableTasks(counts, blocked),
    agents: seen,
    readyInSeconds: readyIn(changes, seen?.starting ?? 0, {
      startupSeconds: expected.startupSeconds,
      atMs,
    }).flatMap((seconds) => new Array<number>(concurrency).fill(seconds)),
    desiredSlots: Math.max(0, concurrency * desired - (seen?.slots.unusable ?? 0)),
    forecast: expected,
  };
}

/** While the service can't be read, all agents that were requested and have no record yet count as starting. */
function startingByRecord(agents: Agents, fleet: Observation['fleet'], desired: number): Agents {
  if (fleet.kind === 'known') return agents;
  const { notReceiving, unresponsive, consolidating } = agents;
  const others = supply(agents) - agents.starting + notReceiving + unresponsive + consolidating.agents;
  return { ...agents, starting: Math.max(agents.starting, desired - others) };
}

/** When each starting agent will be ready. The agents still starting are the ones requested last. */
function readyIn(
  changes: Memory['changes'],
  starting: number,
  { startupSeconds, atMs }: { readonly startupSeconds: number; readonly atMs: number },
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

/** What the mode or the policies want: the largest proposal wins, for growing and for shrinking. */
function bandOf(mode: Mode, proposals: readonly Proposal[], inForce: number): Band {
  if (mode.kind === 'pinned') return { desired: mode.desired, keep: mode.desired };
  const wants = proposals.filter((proposal) => proposal.kind === 'want');
  if (wants.length === 0) return { desired: inForce, keep: inForce };
  const desired = Math.max(...wants.map((want) => want.desired));
  return {
    desired,
    keep: Math.max(desired, ...wants.map((want) => want.keep ?? want.desired)),
    holdSeconds: Math.max(...wants.map((want) => want.holdSeconds ?? DEFAULT_HOLD_SECONDS)),
  };
}

/** The band within what the pool's limits feed. */
function within(band: Band, { desired, keep }: Fed): Band {
  return { ...band, desired: Math.min(band.desired, desired.count), keep: Math.min(band.keep, keep) };
}

function stepsOf(fed: Fed | undefined, { desired: wished }: Band): readonly GuardStep[] {
  if (fed === undefined) return [];
  const { count, reason } = fed.desired;
  if (count >= wished) return [];
  return [{ from: wished, to: Math.min(wished, count), reason }];
}

function claimsOf({ limits }: Forecast, slots: number): Pick<Memory, 'limitClaims'> {
  const claims = limitClaims(limits, slots);
  return claims ? { limitClaims: claims } : {};
}

/** For policies that don't set a hold time: the default of Kubernetes' Horizontal Pod Autoscaler. */
const DEFAULT_HOLD_SECONDS = 300;

function targetOf({ desired, keep }: Band, inForce: number): number {
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
  const reason = { code: 'Paused', text: `paused by ${mode.by}`, until: 'the pool is resumed' } as const;
  return { kind: 'hold', at: inForce, reason };
}

/** A scale-in interrupted between draining and lowering the count is finished before anything else. */
function finishDrain({ observation: { agents }, desired, config }: GuardContext): Decision | undefined {
  if (agents.kind === 'unknown' || agents.value.unaccountedDrains.length === 0) return undefined;
  const victims = agents.value.unaccountedDrains;
  const to = Math.min(desired, Math.max(config.min, desired - victims.length));
  const text = `finishing an interrupted scale-in: ${victims.length} already draining`;
  return {
    kind: 'scale-in',
    from: desired,
    to,
    victims,
    givenUp: 0,
    reason: { code: 'DrainUnfinished', text },
  };
}

function resize(context: GuardContext, to: number, reason: () => Reason): Decision {
  const { desired: from, observation } = context;
  const { agents, fleet } = observation;
  if (to > from) return { kind: 'scale-out', from, to, reason: reason() };
  if (to < from && agents.kind === 'known') {
    const kept = keptWithoutDraining(context);
    const victims = agents.value.victims.slice(0, Math.max(0, kept - to));
    return { kind: 'scale-in', from, to, victims, givenUp: from - to - victims.length, reason: reason() };
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
  return { kind: 'hold', at: from, reason: reason() };
}

type Considered = {
  readonly proposals: readonly Proposal[];
  /** What the policies want to grow to. */
  readonly desired: number;
  readonly steps: readonly GuardStep[];
};

/** The binding reason: the last guard that changed the count, or the policy that wanted it. */
function reasonFor(
  { observation, mode }: GuardContext,
  allowed: number,
  { proposals, desired, steps }: Considered,
): Reason {
  const limited = steps.at(-1);
  if (limited) return limited.reason;
  if (mode.kind === 'pinned') {
    const text = `pinned to ${mode.desired} by ${mode.by}`;
    return { code: 'Pinned', text, until: 'the pool is resumed' };
  }
  const until = `a policy wants more than ${allowed}, or all of them would keep fewer`;
  const winner = proposals.find((proposal) => proposal.kind === 'want' && proposal.desired === desired);
  if (winner) return { code: 'PolicyWants', text: `${winner.policy}: ${winner.why}`, until };
  const missing = missingData(observation);
  if (missing) return { code: 'DataMissing', text: missing, until: 'everything can be read' };
  const text = proposals.map((proposal) => `${proposal.policy}: ${proposal.why}`).join('; ');
  return { code: 'Steady', text, until };
}
