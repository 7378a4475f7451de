import type * as z from 'zod';
import type { Observation } from '../observation.ts';
import type { PoolConfig } from '../pool/config.ts';
import type { Passed, Sample } from './sample.ts';

/**
 * One thing the forecaster learns from tick to tick. Its state is plain numbers, a few hundred bytes at most, in
 * decayed sums, so that what is long past loses its weight. How it is read is the signal's own export.
 */
export type Signal<State> = {
  /** What a stored state looks like: state of another shape is discarded. */
  readonly shape: z.ZodType<State>;
  /** What is known before the first sample. */
  readonly initial: State;
  /** Adds what passed since the last sample. */
  readonly learn: (state: State, step: Step) => State;
  /**
   * What an outage of the scaler means: called instead of `learn` when more than five minutes have passed.
   * A gap is no evidence: completions of most of it are forgotten, and forecasts that came due in it were not acted on.
   */
  readonly gap: (state: State, step: Step) => State;
};

/** From one sample to the next. */
export type Step = {
  readonly sample: Sample;
  readonly passed: Passed;
  /** Mean start-up of the agents known, in seconds; undefined when there are none. */
  readonly startupSeconds: number | undefined;
  /** Forecasts that came due, with what came true. */
  readonly due: {
    readonly startup: readonly Due<StartupCheck>[];
    readonly season: readonly Due<SeasonCheck>[];
  };
  readonly config: PoolConfig;
  readonly observation: Observation;
};

/** A forecast that waits for its time. `arrived` is the number of arrivals when it was made. */
export type Check = { readonly atMs: number; readonly dueMs: number; readonly arrived: number };

/** Arrivals per second expected until agents started at `atMs` are ready, and the two rates they came from. */
export type StartupCheck = Check & {
  readonly expected: number;
  readonly recent: number;
  readonly steady: number;
};

/** Arrivals per second expected over some minutes, by the naive forecast and by each season. */
export type SeasonCheck = Check & { readonly naive: number; readonly day?: number; readonly week?: number };

export type Due<C extends Check> = C & {
  /** Time from the forecast to now. */
  readonly seconds: number;
  /** Tasks that arrived in it. */
  readonly came: number;
};
