import type { Observation } from '../observation.ts';
import type { PoolConfig } from '../pool/config.ts';
import { storable } from './codec.ts';
import { passedBetween, type Sample, sampleOf } from './sample.ts';
import type { Check, Due, SeasonCheck, StartupCheck, Step } from './signal.ts';
import { observedSeconds } from './signals/arrivals.ts';
import {
  type Forecast,
  type ForecastState,
  firstState,
  foldSignals,
  ratesOf,
  readForecast,
  SEASON_CHECK_TICKS,
  seasonOf,
} from './signals.ts';

/**
 * A longer time between two samples is a gap. Shorter pauses lose nothing: an idle pool is read once a minute, and
 * agents' records hold their completions for 15 minutes.
 */
const GAP_SECONDS = 300;
/** Forecasts are checked after the first minute; before that there's no meaningful rate. */
const WARM_UP_SECONDS = 60;
/** Most forecasts pending at a time. With ticks every 15 s and a start-up of 45 s there are four. */
const STARTUP_CHECKS_AT_MOST = 8;
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
  if (sample === undefined) return { forecast: readForecast(observation, before, config), next: before };
  const learned = before === undefined ? firstState(sample) : learn(before, { sample, observation }, config);
  const expected = readForecast(observation, learned, config);
  const next = withPending(withExpected(learned, expected), { expected, observation }, config);
  return { forecast: expected, next: storable(next) };
}

/** Learns from a sample, and scores the forecasts that have come due. */
function learn(
  before: ForecastState,
  { sample, observation }: { readonly sample: Sample; readonly observation: Observation },
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
    slots: [...before.known.arrivals.slots, passed],
    expected: before.expected,
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

/** Remembers what shadow fleets decide from. */
function withExpected(
  state: ForecastState,
  { arrivalsPerSecond, dispersion, durationSeconds, startupSeconds, choice }: Forecast,
): ForecastState {
  return { ...state, expected: { arrivalsPerSecond, dispersion, durationSeconds, startupSeconds, choice } };
}

/** Adds the current expectations to the pending checks. */
function withPending(
  state: ForecastState,
  { expected, observation }: { readonly expected: Forecast; readonly observation: Observation },
  config: PoolConfig,
): ForecastState {
  const { known, pending, sample } = state;
  if (observedSeconds(known.arrivals) < WARM_UP_SECONDS) return state;
  const season = seasonOf(observation);
  const { naive, steady, recent } = ratesOf(known, season, config);
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
