/** A stable code for programs and a sentence for people. */
export type Reason = {
  readonly code: ReasonCode;
  readonly text: string;
  /** What has to change for another count. */
  readonly until?: string;
};

export type ReasonCode =
  | 'PolicyWants'
  | 'Steady'
  | 'Paused'
  | 'Pinned'
  | 'BelowMin'
  | 'AboveMax'
  | 'Stabilizing'
  | 'RateLimited'
  | 'BudgetReached'
  | 'CeilingReached'
  | 'ProviderLimit'
  | 'CapacityNotPlaced'
  | 'ConfirmingEmpty'
  | 'DataMissing'
  | 'NoIdleAgent'
  | 'DrainUnfinished'
  | 'DesiredCountDrifted';

/** What to do about the desired count. Counts are absolute. */
export type Decision =
  /** `at` is undefined while the desired count is unknown: no decision has been made yet and ECS can't be read. */
  | { readonly kind: 'hold'; readonly at: number | undefined; readonly reason: Reason }
  | { readonly kind: 'scale-out'; readonly from: number; readonly to: number; readonly reason: Reason }
  /**
   * `victims` are drained first; the desired count is lowered by the number that could be drained, and by `givenUp`:
   * agents that ECS has never placed.
   */
  | {
      readonly kind: 'scale-in';
      readonly from: number;
      readonly to: number;
      readonly victims: readonly string[];
      readonly givenUp: number;
      readonly reason: Reason;
    }
  /** ECS has a different desired count than the one in force, which is written again. */
  | { readonly kind: 'repair'; readonly from: number; readonly to: number; readonly reason: Reason };

/** The desired count after a decision, if known. */
export function decidedCount(decision: Decision): number | undefined {
  return decision.kind === 'hold' ? decision.at : decision.to;
}
