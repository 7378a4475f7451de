import type * as z from 'zod';
import type { Observation } from '../observation.ts';
import type { PoolConfig } from '../pool/config.ts';
import type { Expected } from '../staffing.ts';
import type { Choice } from './candidates.ts';
import type { Passed, Sample } from './sample.ts';

/**
 * One thing the forecaster learns from tick to tick. Its state is plain numbers in decayed sums, a few hundred bytes at
 * most, so old evidence loses its weight. Each signal's file exports the functions that read it.
 */
export type Signal<State> = {
  /** The shape of a stored state. State of another shape is discarded. */
  readonly shape: z.ZodType<State>;
  /** The state before the first sample. */
  readonly initial: State;
  /** Learns from what happened since the last sample. */
  readonly learn: (state: State, step: Step) => State;
  /**
   * Handles an outage of the scaler: called instead of `learn` when more than five minutes have passed. A gap is no
   * evidence: most of its completions are lost, and nothing acted on the forecasts that came due in it.
   */
  readonly gap: (state: State, step: Step) => State;
};

/** From one sample to the next. */
export type Step = {
  readonly sample: Sample;
  readonly passed: Passed;
  /** Arrivals between samples up to this one, oldest first. */
  readonly slots: readonly Pick<Passed, 'seconds' | 'arrivals'>[];
  /** What was expected at the last sample; undefined at the first. */
  readonly expected: (Expected & { readonly choice: Choice }) | undefined;
  /** Mean start-up time of the known agents, in seconds; undefined when there are none. */
  readonly startupSeconds: number | undefined;
  /** Forecasts that came due, with the actual values. */
  readonly due: {
    readonly startup: readonly Due<StartupCheck>[];
    readonly season: readonly Due<SeasonCheck>[];
  };
  readonly config: PoolConfig;
  readonly observation: Observation;
};

/** A forecast to check later. `arrived` is the number of arrivals when it was made. */
export type Check = { readonly atMs: number; readonly dueMs: number; readonly arrived: number };

/** Arrivals per second expected until agents started at `atMs` are ready, and the two rates it was made from. */
export type StartupCheck = Check & {
  readonly expected: number;
  readonly recent: number;
  readonly steady: number;
};

/** Arrivals per second expected over a few minutes, by the naive forecast and by each season. */
export type SeasonCheck = Check & { readonly naive: number; readonly day?: number; readonly week?: number };

export type Due<C extends Check> = C & {
  /** Time from the forecast to now. */
  readonly seconds: number;
  /** Tasks that arrived in that time. */
  readonly came: number;
};
