import { type Decided, decide } from './decide.ts';
import { decidedCount } from './decision.ts';
import type { Inputs } from './inputs.ts';
import type { PoolInput } from './pool/config.ts';
import type { Settings } from './pool/settings.ts';
import type { ReapedTask } from './reap.ts';

/** The outcome of a decision. */
export type Outcome =
  | { readonly kind: 'nothing-to-do' }
  /** `desired` is the count written, `drained` the agents drained for it. */
  | { readonly kind: 'done'; readonly desired: number; readonly drained: readonly string[] }
  /** A step failed; the next tick finishes it. */
  | { readonly kind: 'failed'; readonly step: string; readonly reason: string }
  /** Another scaler took over before anything was written. */
  | { readonly kind: 'overtaken' };

/**
 * One tick of one pool: the readings, forecast, proposals, guards, decision and outcome. It holds the complete inputs,
 * so the decision can be replayed. Stored for 30 days.
 */
export type DecisionRecord = Inputs &
  Omit<Decided, 'memory'> & {
    readonly outcome: Outcome;
    /** ECS tasks reaped by this tick; absent when there were none. */
    readonly reaped?: readonly ReapedTask[];
    /** An operator's settings. `config` includes them; `deployed` is the configuration without them. */
    readonly settings?: Settings;
    readonly deployed?: PoolInput;
  };

/** The desired count after a tick, if known: the count written, or else the count decided. */
export function desiredAfter({ decision, outcome }: DecisionRecord): number | undefined {
  return outcome.kind === 'done' ? outcome.desired : decidedCount(decision);
}

export const DECISION_DAYS = 30;

/** Raised when the record's shape changes. Records of another version aren't shown. */
export const DECISION_VERSION = 4;

/** Decides again from recorded inputs. Returns the recorded decision, unless the code has changed since. */
export function replay({ observation, state, mode, config }: Inputs): Decided {
  return decide({ observation, state, mode, config });
}
