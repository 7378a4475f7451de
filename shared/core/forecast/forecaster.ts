import type { Observation, Season } from '../observation.ts';
import type { PoolConfig } from '../pool/config.ts';
import { firstState, learn } from './learn.ts';
import { naiveRate, persistence, type Rates, recentRate } from './rate.ts';
import { sampleOf } from './sample.ts';
import { blend } from './season.ts';
import { burstiness, missesAllowed, staffingMarginOf } from './staffing-margin.ts';
import type { Check, ForecastState, SeasonCheck } from './state.ts';
import { type Trends, trendsOf } from './trends.ts';

/** What is expected until agents that are started now can work. */
export type Forecast = {
  readonly arrivalsPerSecond: number;
  /** An arrival rate is as uncertain as it has been wrong: one standard deviation. */
  readonly arrivalsError: number;
  /** The naive forecast beside it. */
  readonly naivePerSecond: number;
  /** The share of a sudden rise of the rate that has been seen to last. */
  readonly persistence: number;
  /** Mean work of the tasks completed lately, and its spread (standard deviation ÷ mean). */
  readonly durationSeconds: number;
  readonly durationSpread: number;
  readonly trends: Trends;
  /** Time from asking for an agent until it is ready, as measured. */
  readonly startupSeconds: number;
  /** See {@link burstiness} and {@link staffingMarginOf}. */
  readonly burstiness: number;
  readonly staffingMargin: number;
  /** Share of the tasks completed lately that started within the objective; undefined before there were any. */
  readonly attained?: number;
};

/** Work without any length has no load. */
const LEAST_DURATION_SECONDS = 0.001;
/** Forecasts are checked from the first minute on: before, there is no rate to speak of. */
const WARM_UP_SECONDS = 60;
/** At most so many forecasts are under way; with looks every 15 s and a start-up of 45 s there are four. */
const CHECKS_AT_MOST = 8;
/** Seasons are checked every four looks over twenty, long enough for a difference to stand out from chance. */
const SEASON_CHECK_TICKS = 20;
const SEASON_CHECKS_AT_MOST = 5;

/**
 * Forecasts from what has been seen, and says what to remember for the next time. Without a complete sample the last
 * forecast stands. Pure.
 */
export function forecast(
  observation: Observation,
  before: ForecastState | undefined,
  config: PoolConfig,
): { readonly forecast: Forecast; readonly next: ForecastState | undefined } {
  const sample = sampleOf(observation);
  if (sample === undefined) return { forecast: describe(observation, before, config), next: before };
  const next = before === undefined ? firstState(sample) : learn(before, sample, observation, config);
  const told = describe(observation, next, config);
  return { forecast: told, next: withChecks(next, told, observation, config) };
}

/** Puts what is known into a forecast. */
function describe(observation: Observation, state: ForecastState | undefined, config: PoolConfig): Forecast {
  const agents = observation.agents.kind === 'known' ? observation.agents.value : undefined;
  const known = state ?? firstState({ atMs: observation.atMs, inSystem: 0, minutes: [] });
  const rates = ratesOf(known, seasonOf(observation), config);
  const perSecond = expectedRate(rates, known);
  // Until a task has been seen to complete it is taken to last for as long as one may wait.
  const { tasks, seconds } = known.work;
  const durationSeconds =
    tasks > 0 ? Math.max(LEAST_DURATION_SECONDS, seconds / tasks) : config.objective.withinSeconds;
  const bursts = burstiness(known.surprise, durationSeconds, config.min);
  const { late, completed } = known.budget;
  return {
    arrivalsPerSecond: perSecond,
    arrivalsError: rateError(perSecond, known, config),
    naivePerSecond: rates.naive,
    persistence: persistence(known.rise),
    durationSeconds,
    durationSpread: agents?.activity.durationSpread ?? 1,
    trends: trendsOf(agents?.minutes ?? []),
    startupSeconds: known.startupSeconds,
    burstiness: bursts,
    staffingMargin: staffingMarginOf(bursts, known.budget, missesAllowed(config)),
    ...(completed > 0 && { attained: 1 - late / completed }),
  };
}

function seasonOf({ season }: Observation): Season {
  return season.kind === 'known' ? season.value : {};
}

function ratesOf(state: ForecastState, season: Season, config: PoolConfig): Rates {
  const naive = naiveRate(state.slots);
  const steady = blend(naive, season, state.errors, SEASON_CHECK_TICKS * config.tickSeconds);
  return { naive, steady, recent: recentRate(state.slots, steady) };
}

/** The level, and of a sudden change from it the share that such changes have been seen to last. */
function expectedRate({ steady, recent }: Rates, { rise, fall }: ForecastState): number {
  return Math.max(0, steady + persistence(recent > steady ? rise : fall) * (recent - steady));
}

/** Chance (Poisson) over the shortest horizon, or what came unforeseen lately where that is more. */
function rateError(
  perSecond: number,
  { surprise, startupSeconds }: ForecastState,
  { tickSeconds }: PoolConfig,
): number {
  const unforeseen = surprise.tasks > 0 ? (2 * surprise.squares) / surprise.tasks : 1;
  return Math.sqrt((Math.max(1, unforeseen) * perSecond) / (startupSeconds + tickSeconds));
}

/** Notes what is expected now, to be checked when it has come true. */
function withChecks(
  state: ForecastState,
  told: Forecast,
  observation: Observation,
  config: PoolConfig,
): ForecastState {
  const { atMs } = state.sample;
  if (state.slots.reduce((sum, slot) => sum + slot.seconds, 0) < WARM_UP_SECONDS) return state;
  const season = seasonOf(observation);
  const { naive, steady, recent } = ratesOf(state, season, config);
  const common = { atMs, arrived: state.arrived };
  const horizonMs = (state.startupSeconds + config.tickSeconds) * 1000;
  const check: Check = {
    ...common,
    dueMs: atMs + horizonMs,
    expected: told.arrivalsPerSecond,
    recent,
    steady,
  };
  const seasonMs = SEASON_CHECK_TICKS * config.tickSeconds * 1000;
  const seasonCheck: SeasonCheck = { ...common, dueMs: atMs + seasonMs, naive, ...season };
  return {
    ...state,
    checks: isDue(state.checks, atMs, horizonMs / CHECKS_AT_MOST) ? [...state.checks, check] : state.checks,
    seasonChecks:
      (season.day ?? season.week) !== undefined &&
      isDue(state.seasonChecks, atMs, seasonMs / SEASON_CHECKS_AT_MOST)
        ? [...state.seasonChecks, seasonCheck]
        : state.seasonChecks,
  };
}

/** Whether enough time has passed since the latest check was begun. */
function isDue(checks: readonly { readonly atMs: number }[], nowMs: number, everyMs: number): boolean {
  const latest = checks.at(-1);
  return latest === undefined || nowMs - latest.atMs >= everyMs;
}
