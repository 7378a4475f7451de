import type { Observation, Season } from '../observation.ts';
import type { PoolConfig } from '../pool/config.ts';
import { storable } from './codec.ts';
import { passedBetween, type Sample, sampleOf } from './sample.ts';
import type { Check, Due, SeasonCheck, StartupCheck, Step } from './signal.ts';
import { type Arrivals, naiveRate, observedSeconds, recentRate } from './signals/arrivals.ts';
import { burstiness, rateError } from './signals/burstiness.ts';
import { attained, missesAllowed } from './signals/error-budget.ts';
import { expectedRate, shareThatLasts } from './signals/persistence.ts';
import { blend } from './signals/season.ts';
import { meanDuration } from './signals/task-duration.ts';
import { staffingMarginOf } from './staffing-margin.ts';
import { type ForecastState, firstState, foldSignals } from './state.ts';
import { type Trends, trendsOf } from './trends.ts';

/** What is expected until agents started now are ready. */
export type Forecast = {
  readonly arrivalsPerSecond: number;
  /** One standard deviation of the rate, from past forecast errors. */
  readonly arrivalsError: number;
  /** The naive forecast, for comparison. */
  readonly naivePerSecond: number;
  /** The share of a sudden rise in the rate that has lasted in the past. */
  readonly persistence: number;
  /** Mean task duration of recent tasks, and its spread (standard deviation ÷ mean). */
  readonly durationSeconds: number;
  readonly durationSpread: number;
  readonly trends: Trends;
  /** Measured time from requesting an agent until it's ready. */
  readonly startupSeconds: number;
  /** See {@link burstiness} and {@link staffingMarginOf}. */
  readonly burstiness: number;
  readonly staffingMargin: number;
  /** Share of recent tasks that started within the objective; undefined before the first. */
  readonly attained?: number;
};

/**
 * A longer time between two samples is a gap. Shorter pauses lose nothing: an idle pool is read once a minute, and
 * agents' records hold their completions for 15 minutes.
 */
const GAP_SECONDS = 300;
/** Forecasts are checked after the first minute; before that there's no meaningful rate. */
const WARM_UP_SECONDS = 60;
/** Most forecasts pending at a time. With ticks every 15 s and a start-up of 45 s there are four. */
const STARTUP_CHECKS_AT_MOST = 8;
/** Seasons are checked every 4 ticks over 20, long enough for a difference to stand out from chance. */
const SEASON_CHECK_TICKS = 20;
const SEASON_CHECKS_AT_MOST = 5;

/**
 * Forecasts from the observation and returns the state for the next tick. Without a complete reading, the last forecast
 * stands. Pure.
 */
export function forecast(
  observation: Observation,
  before: ForecastState | undefined,
  config: PoolConfig,
): { readonly forecast: Forecast; readonly next: ForecastState | undefined } {
  const sample = sampleOf(observation);
  if (sample === undefined) return { forecast: describe(observation, before, config), next: before };
  const learned = before === undefined ? firstState(sample) : learn(before, sample, observation, config);
  const expected = describe(observation, learned, config);
  return { forecast: expected, next: storable(withPending(learned, expected, observation, config)) };
}

/** Learns from a sample, and scores the forecasts that have come due. */
function learn(
  before: ForecastState,
  sample: Sample,
  observation: Observation,
  config: PoolConfig,
): ForecastState {
  const { agents } = observation;
  if (agents.kind === 'unknown') return before;
  const passed = passedBetween(before.sample, sample, agents.value.minutes);
  if (passed.seconds <= 0) return before;
  const { startup, season } = before.pending;
  const arrived = before.known.arrivals.total + passed.arrivals;
  const step: Step = {
    sample,
    passed,
    startupSeconds: agents.value.activity.startupSeconds,
    due: { startup: dueAt(startup, sample.atMs, arrived), season: dueAt(season, sample.atMs, arrived) },
    config,
    observation,
  };
  if (passed.seconds > GAP_SECONDS) {
    return {
      sample,
      pending: { startup: [], season: [] },
      known: foldSignals(before.known, step, 'gap'),
    };
  }
  return {
    sample,
    pending: { startup: stillPending(startup, sample.atMs), season: stillPending(season, sample.atMs) },
    known: foldSignals(before.known, step, 'learn'),
  };
}

function dueAt<C extends Check>(checks: readonly C[], nowMs: number, arrived: number): readonly Due<C>[] {
  return checks
    .filter(({ dueMs }) => dueMs <= nowMs)
    .map((check) => ({ ...check, seconds: (nowMs - check.atMs) / 1000, came: arrived - check.arrived }));
}

function stillPending<C extends Check>(checks: readonly C[], nowMs: number): readonly C[] {
  return checks.filter(({ dueMs }) => dueMs > nowMs);
}

/** Combines all signals into one forecast. */
function describe(observation: Observation, state: ForecastState | undefined, config: PoolConfig): Forecast {
  const agents = observation.agents.kind === 'known' ? observation.agents.value : undefined;
  const { known } = state ?? firstState({ atMs: observation.atMs, inSystem: 0, minutes: [] });
  const { naive, steady, recent } = ratesOf(known.arrivals, known.season, seasonOf(observation), config);
  const perSecond = expectedRate(known.persistence, steady, recent);
  const durationSeconds = meanDuration(known.taskDuration, config);
  const bursts = burstiness(known.surprise, durationSeconds, config.min);
  const onTime = attained(known.errorBudget);
  return {
    arrivalsPerSecond: perSecond,
    arrivalsError: rateError(known.surprise, perSecond, known.startup.seconds + config.tickSeconds),
    naivePerSecond: naive,
    persistence: shareThatLasts(known.persistence.rise),
    durationSeconds,
    durationSpread: agents?.activity.durationSpread ?? 1,
    trends: trendsOf(agents?.minutes ?? []),
    startupSeconds: known.startup.seconds,
    burstiness: bursts,
    staffingMargin: staffingMarginOf(bursts, known.errorBudget, missesAllowed(config)),
    ...(onTime !== undefined && { attained: onTime }),
  };
}

function seasonOf({ season }: Observation): Season {
  return season.kind === 'known' ? season.value : {};
}

/** The naive rate, the level that blends it with the seasons, and the recent rate that may contradict that level. */
function ratesOf(
  arrivals: Arrivals,
  errors: ForecastState['known']['season'],
  season: Season,
  { tickSeconds }: PoolConfig,
) {
  const naive = naiveRate(arrivals);
  const steady = blend(naive, season, errors, SEASON_CHECK_TICKS * tickSeconds);
  return { naive, steady, recent: recentRate(arrivals, steady) };
}

/** Adds the current expectations to the pending checks. */
function withPending(
  state: ForecastState,
  expected: Forecast,
  observation: Observation,
  config: PoolConfig,
): ForecastState {
  const { known, pending, sample } = state;
  if (observedSeconds(known.arrivals) < WARM_UP_SECONDS) return state;
  const season = seasonOf(observation);
  const { naive, steady, recent } = ratesOf(known.arrivals, known.season, season, config);
  const { atMs } = sample;
  const made = { atMs, arrived: known.arrivals.total };
  const horizonMs = (known.startup.seconds + config.tickSeconds) * 1000;
  const seasonMs = SEASON_CHECK_TICKS * config.tickSeconds * 1000;
  const startup: StartupCheck = {
    ...made,
    dueMs: atMs + horizonMs,
    expected: expected.arrivalsPerSecond,
    recent,
    steady,
  };
  const overSeason: SeasonCheck = { ...made, dueMs: atMs + seasonMs, naive, ...season };
  const hasSeason = (season.day ?? season.week) !== undefined;
  return {
    ...state,
    pending: {
      startup: added(pending.startup, startup, horizonMs / STARTUP_CHECKS_AT_MOST),
      season: hasSeason
        ? added(pending.season, overSeason, seasonMs / SEASON_CHECKS_AT_MOST)
        : pending.season,
    },
  };
}

/** Adds a check if enough time has passed since the latest one. */
function added<C extends Check>(checks: readonly C[], check: C, everyMs: number): readonly C[] {
  const latest = checks.at(-1);
  return latest === undefined || check.atMs - latest.atMs >= everyMs ? [...checks, check] : checks;
}
