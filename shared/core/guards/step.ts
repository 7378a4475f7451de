import type { Reason } from '../decision.ts';
import type { Forecast } from '../forecast/signals.ts';
import type { Inputs } from '../inputs.ts';

/** A change that a guard made to the wanted count: from 12 to 10, because the maximum is 10. */
export type GuardStep = { readonly from: number; readonly to: number; readonly reason: Reason };

/** What the guards read. */
export type GuardContext = Inputs & {
  /** The desired count in force. */
  readonly desired: number;
  readonly forecast: Forecast;
};

/** Returns a different count and the reason, or undefined to let `wanted` pass. */
export type Guard = (wanted: number, context: GuardContext) => Omit<GuardStep, 'from'> | undefined;

export function change(
  from: number,
  to: number,
  code: Reason['code'],
  text: string,
): Omit<GuardStep, 'from'> | undefined {
  return from === to ? undefined : { to, reason: { code, text } };
}
