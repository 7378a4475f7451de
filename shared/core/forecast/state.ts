import * as z from 'zod';
import { type Sample, sampleShape } from './sample.ts';
import type { SeasonCheck, Signal, StartupCheck, Step } from './signal.ts';
import { arrivals } from './signals/arrivals.ts';
import { surprise } from './signals/burstiness.ts';
import { errorBudget } from './signals/error-budget.ts';
import { persistence } from './signals/persistence.ts';
import { season } from './signals/season.ts';
import { startup } from './signals/startup.ts';
import { taskDuration } from './signals/task-duration.ts';
import { unsavedMinutes } from './signals/unsaved-minutes.ts';

/** Everything learned from tick to tick. Each signal is one file and one line here. */
const SIGNALS = {
  arrivals,
  startup,
  taskDuration,
  persistence,
  surprise,
  errorBudget,
  season,
  unsavedMinutes,
} as const;

type Known = {
  readonly [Name in keyof typeof SIGNALS]: (typeof SIGNALS)[Name] extends Signal<infer State> ? State : never;
};

/** What the forecaster remembers from tick to tick, stored with the pool's state. */
export type ForecastState = {
  readonly sample: Sample;
  /** Forecasts that haven't come due yet. */
  readonly pending: { readonly startup: readonly StartupCheck[]; readonly season: readonly SeasonCheck[] };
  readonly known: Known;
};

/** The state after the first sample. */
export function firstState(sample: Sample): ForecastState {
  return { sample, pending: { startup: [], season: [] }, known: mapSignals(({ initial }) => initial) };
}

/** Applies a step, or a gap, to every signal. */
export function foldSignals(known: Known, step: Step, kind: 'learn' | 'gap'): Known {
  return mapSignals((signal, name) => signal[kind](known[name], step));
}

const check = { atMs: z.number(), dueMs: z.number(), arrived: z.number() };

/** The shape of a stored state. State written by an earlier version of any signal doesn't match and is discarded. */
export const stateShape: z.ZodType<ForecastState> = z.strictObject({
  sample: sampleShape,
  pending: z.strictObject({
    startup: z.array(z.object({ ...check, expected: z.number(), recent: z.number(), steady: z.number() })),
    season: z.array(
      z.object({
        ...check,
        naive: z.number(),
        day: z.number().optional(),
        week: z.number().optional(),
      }),
    ),
  }),
  known: z.strictObject(mapSignals(({ shape }) => shape)),
}) as unknown as z.ZodType<ForecastState>;

type AnySignal = Signal<unknown>;

/** The one place that loses the type that ties a state to its signal: TypeScript can't follow a mapped record. */
function mapSignals(of: (signal: AnySignal, name: keyof Known) => unknown) {
  const entries = Object.entries(SIGNALS) as [keyof Known, AnySignal][];
  return Object.fromEntries(entries.map(([name, signal]) => [name, of(signal, name)])) as never;
}
