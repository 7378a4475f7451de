import type { Reason } from '../decision.ts';
import type { Forecast } from '../forecast/signals.ts';
import type { Inputs } from '../inputs.ts';
import type { Memory } from '../pool/state.ts';

/** What a guard reads. */
export type GuardContext = Inputs & {
  /** The desired count in force. */
  readonly desired: number;
  readonly forecast: Forecast;
  /** What the scaler remembers after this tick's readings. */
  readonly memory: Memory;
};

/** The furthest that a guard allows the count to move, and why. */
export type Limit = { readonly count: number; readonly reason: Reason };

/**
 * Allows any count (undefined), or sets a limit. What the limit means depends on the list that the guard is in: growth
 * goes no higher, shrinking goes no lower.
 */
export type Guard = (context: GuardContext) => Limit | undefined;

export function limit(count: number, reason: Required<Reason>): Limit {
  return { count, reason };
}

/** The limit that binds growth. */
export function lowest(guards: readonly Guard[], context: GuardContext): Limit | undefined {
  return limits(guards, context).reduce<Limit | undefined>(
    (least, each) => (least === undefined || each.count < least.count ? each : least),
    undefined,
  );
}

/** The limit that binds shrinking. */
export function highest(guards: readonly Guard[], context: GuardContext): Limit | undefined {
  return limits(guards, context).reduce<Limit | undefined>(
    (most, each) => (most === undefined || each.count > most.count ? each : most),
    undefined,
  );
}

function limits(guards: readonly Guard[], context: GuardContext): readonly Limit[] {
  return guards.flatMap((guard) => guard(context) ?? []);
}
