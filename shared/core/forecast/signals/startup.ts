import * as z from 'zod';
import type { Signal } from '../signal.ts';

/** Assumed until the first agent is ready. */
const ASSUMED_STARTUP_SECONDS = 45;

const shape = z.object({ seconds: z.number() });

/** Time from launch to ready, measured on the known agents. */
export const startup: Signal<z.infer<typeof shape>> = {
  shape,
  initial: { seconds: ASSUMED_STARTUP_SECONDS },
  learn,
  gap: learn,
};

function learn(
  { seconds }: z.infer<typeof shape>,
  { startupSeconds }: { readonly startupSeconds: number | undefined },
) {
  return { seconds: startupSeconds ?? seconds };
}
