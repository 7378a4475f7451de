import type { Forecast } from '../forecast/signals.ts';
import type { Agents, QueueCounts } from '../observation.ts';
import type { PolicyName, PoolConfig } from '../pool/config.ts';
import { agentsFor } from '../pool/slots.ts';

/** What one policy wants, in agents, and why: a short phrase for people. */
export type Proposal = { readonly policy: PolicyName } & Wish;

type Wish =
  | ({ readonly kind: 'want'; readonly why: string } & Wanted)
  | { readonly kind: 'abstain'; readonly why: string };

/**
 * A wanted number of slots as a band, so that a pool doesn't follow every ripple. A pool with fewer than `desired` grows to it,
 * one with more than `keep` shrinks to that, and in between the count stays.
 */
type Wanted = {
  readonly desired: number;
  /** At least `desired`. Defaults to `desired`. */
  readonly keep?: number;
  /** How long to hold `keep` before scaling in, if the pool's stabilization window is `auto`. */
  readonly holdSeconds?: number;
};

/** What the policies see: readings, and the forecast made from them. A part that couldn't be read is undefined. */
export type Situation = {
  readonly atMs: number;
  readonly queue: QueueCounts | undefined;
  /** Visible messages an agent could take now: not blocked by an earlier turn of their conversation. */
  readonly runnable: number | undefined;
  readonly agents: Agents | undefined;
  /** Seconds until each slot of the starting agents is ready, as far as known, soonest first. */
  readonly readyInSeconds: readonly number[];
  /** The slots of the desired count in force. */
  readonly desiredSlots: number;
  readonly forecast: Forecast;
};

/** A pure function from a situation to a proposal. */
export type Policy = (situation: Situation, config: PoolConfig) => Proposal;

/** The parts of a situation that may be missing. */
type Part = 'queue' | 'agents';
type With<Needs extends Part> = {
  readonly [Name in keyof Situation]: Name extends Needs | ('queue' extends Needs ? 'runnable' : never)
    ? NonNullable<Situation[Name]>
    : Situation[Name];
};

/**
 * Makes a policy that names the parts it can't do without. While one of them is missing, it abstains, and the others
 * are still asked.
 */
export function policy<Needs extends Part = never>(
  name: PolicyName,
  needs: readonly Needs[],
  wish: (situation: With<Needs>, config: PoolConfig) => Wish,
): Policy {
  return (situation, config) => {
    const missing = needs.find((part) => situation[part] === undefined);
    return missing
      ? { kind: 'abstain', policy: name, why: `the ${missing} could not be read` }
      : { policy: name, ...inAgents(wish(situation as With<Needs>, config), situation, config) };
  };
}

/**
 * Policies count slots, and everything after them counts agents. Among these are some whose free slots take no task, so
 * it takes as many more to have the slots that are wanted.
 */
function inAgents(wish: Wish, { agents }: Situation, { concurrency }: PoolConfig): Wish {
  if (wish.kind === 'abstain') return wish;
  const unusable = agents?.slots.unusable ?? 0;
  const agentsOf = (slots: number) => agentsFor(slots === 0 ? 0 : slots + unusable, concurrency);
  return {
    ...wish,
    desired: agentsOf(wish.desired),
    ...(wish.keep !== undefined && { keep: agentsOf(wish.keep) }),
  };
}
