import { type Decided, decide } from './decide.ts';
import { decidedCount } from './decision.ts';
import type { Inputs } from './inputs.ts';
import type { PoolInput } from './pool/config.ts';
import type { Settings } from './pool/settings.ts';
import type { ReapedTask } from './reap.ts';

/** What came of a decision. */
export type Outcome =
  | { readonly kind: 'nothing-to-do' }
  /** `desired` is the count that was written, `drained` the agents that were let go for it. */
  | { readonly kind: 'done'; readonly desired: number; readonly drained: readonly string[] }
  /** A step failed; the next tick finishes it. */
  | { readonly kind: 'failed'; readonly step: string; readonly reason: string }
  /** Another scaler took over before anything was written. */
  | { readonly kind: 'overtaken' };

/**
 * One tick over one pool: what was seen, forecast, proposed, guarded and decided, and what was done. It holds the
 * inputs whole, so that it can be decided again; stored for 30 days.
 */
export type DecisionRecord = Inputs &
  Omit<Decided, 'memory'> & {
    readonly outcome: Outcome;
    /** Tasks without an agent that were stopped; absent when there were none. */
    readonly reaped?: readonly ReapedTask[];
    /** What an operator had set; `config` has it in it, and `deployed` is what it would be without. */
    readonly settings?: Settings;
    readonly deployed?: PoolInput;
  };

/** The desired count after a tick, if it is known: what was written, or what was decided. */
export function desiredAfter({ decision, outcome }: DecisionRecord): number | undefined {
  return outcome.kind === 'done' ? outcome.desired : decidedCount(decision);
}

export const DECISION_DAYS = 30;

/** Rises when a record's shape changes: a record of another shape is not shown. */
export const DECISION_VERSION = 2;

/** Decides once more from what was recorded. Gives the recorded decision, or the code has changed since. */
export function replay({ observation, state, mode, config }: Inputs): Decided {
  return decide({ observation, state, mode, config });
}
