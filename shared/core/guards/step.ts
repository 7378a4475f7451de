import type { Reason } from '../decision.ts';
import type { Forecast } from '../forecast/forecaster.ts';
import type { Inputs } from '../inputs.ts';

/** A guard that changed what was wanted: "wanted 12, at most 10". */
export type GuardStep = { readonly from: number; readonly to: number; readonly reason: Reason };

/** What the guards look at. */
export type GuardContext = Inputs & {
  /** The desired count in force. */
  readonly desired: number;
  readonly forecast: Forecast;
};

/** Gives another count than `wanted` and the reason, or undefined to let it pass. */
export type Guard = (wanted: number, context: GuardContext) => Omit<GuardStep, 'from'> | undefined;

export function change(
  from: number,
  to: number,
  code: Reason['code'],
  text: string,
): Omit<GuardStep, 'from'> | undefined {
  return from === to ? undefined : { to, reason: { code, text } };
}
