/** A stable code for programs and a sentence for people. */
export type Reason = { readonly code: ReasonCode; readonly text: string };

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
  | 'CapacityNotPlaced'
  | 'ConfirmingEmpty'
  | 'DataMissing'
  | 'ActionInProgress'
  | 'NoIdleAgent'
  | 'DrainUnfinished'
  | 'DesiredCountDrifted';

/** What is to be done about the desired count. Counts are absolute. */
export type Decision =
  /** `at` is undefined while nobody knows the desired count: the pool was never decided on and ECS cannot be read. */
  | { readonly kind: 'hold'; readonly at: number | undefined; readonly reason: Reason }
  | { readonly kind: 'scale-out'; readonly from: number; readonly to: number; readonly reason: Reason }
  /** `victims` are drained first; the desired count is lowered by exactly as many as could be drained. */
  | {
      readonly kind: 'scale-in';
      readonly from: number;
      readonly to: number;
      readonly victims: readonly string[];
      readonly reason: Reason;
    }
  /** ECS has another desired count than the one in force: it is written again. */
  | { readonly kind: 'repair'; readonly from: number; readonly to: number; readonly reason: Reason };

/** The desired count after a decision, if it is known. */
export function decidedCount(decision: Decision): number | undefined {
  return decision.kind === 'hold' ? decision.at : decision.to;
}
