/**
 * What the forecaster remembers from tick to tick: plain numbers, a few hundred bytes, stored with the pool's state.
 * Sums are decayed, so that what is long past loses its weight.
 */
export type ForecastState = {
  /** State of another version is forgotten, and the forecaster starts anew. */
  readonly version: typeof FORECAST_VERSION;
  readonly sample: Sample;
  /** Tasks that have arrived since the forecaster started. */
  readonly arrived: number;
  /** Arrivals between looks, oldest first, at most as many as the longest window has. */
  readonly slots: readonly Slot[];
  readonly startupSeconds: number;
  readonly work: { readonly tasks: number; readonly seconds: number };
  /** How much of a sudden change of the rate lasts, upwards and downwards. */
  readonly rise: Fit;
  readonly fall: Fit;
  readonly surprise: Surprise;
  readonly budget: ErrorBudget;
  /** Forecasts that have not come due. */
  readonly checks: readonly Check[];
  readonly seasonChecks: readonly SeasonCheck[];
  readonly errors: SquaredErrors;
  /** Arrivals of the minutes that are not in the pool's history yet. */
  readonly unsaved: readonly UnsavedMinute[];
};

export const FORECAST_VERSION = 2;

/** A complete sample at the pool, from which the next one counts what happened between them. */
export type Sample = {
  readonly atMs: number;
  /** Tasks in the system: waiting or being worked on. */
  readonly inSystem: number;
  /** The latest minutes: what was completed in them so far. */
  readonly minutes: readonly MinuteCount[];
};

export type MinuteCount = {
  readonly minute: number;
  readonly completed: number;
  readonly durationMs: number;
  readonly late: number;
};

export type Slot = { readonly seconds: number; readonly arrivals: number };

export type UnsavedMinute = { readonly minute: number; readonly arrivals: number };

/** Sums of a regression through zero: slope = `xy` ÷ `xx`. */
export type Fit = { readonly xy: number; readonly xx: number };

/** Sums over forecasts that came due: squared arrivals beyond the forecast, arrivals, seconds. */
export type Surprise = { readonly squares: number; readonly tasks: number; readonly seconds: number };

/** Of the tasks completed lately, how many were late; and the correction that has come of it over time. */
export type ErrorBudget = { readonly late: number; readonly completed: number; readonly correction: number };

/** Arrivals per second that were expected until `dueMs`, by the forecast and by the two rates it was made from. */
export type Check = {
  readonly atMs: number;
  readonly dueMs: number;
  readonly arrived: number;
  readonly expected: number;
  readonly recent: number;
  readonly steady: number;
};

export type SeasonCheck = {
  readonly atMs: number;
  readonly dueMs: number;
  readonly arrived: number;
  readonly naive: number;
  readonly day?: number;
  readonly week?: number;
};

/** Mean squared errors of the naive forecast and of the seasons, in tasks per check. */
export type SquaredErrors = { readonly naive?: number; readonly day?: number; readonly week?: number };
