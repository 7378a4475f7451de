import type { PoolConfig } from '../../pool/config.ts';
import { countArrivals } from '../history.ts';
import type { Observation, Season } from '../observation.ts';
import { lookAt, type Passed, passedBetween } from './look.ts';
import { LONGEST_WINDOW, naiveRate, persistence, type Rates, recentRate } from './rate.ts';
import {
  burstiness,
  FRESH_BUDGET,
  forgetSurprise,
  NO_SURPRISE,
  safetyOf,
  spend,
  surprised,
} from './safety.ts';
import { blend, scoreSeason } from './season.ts';
import { type Check, FORECAST_VERSION, type ForecastState, type Look, type SeasonCheck } from './state.ts';
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
  readonly workSeconds: number;
  readonly workSpread: number;
  readonly trends: Trends;
  /** Time from asking for an agent until it is ready, as measured. */
  readonly startupSeconds: number;
  /** See {@link burstiness} and {@link safetyOf}. */
  readonly burstiness: number;
  readonly safety: number;
  /** Share of the tasks completed lately that started within the objective; undefined before there were any. */
  readonly attained?: number;
};

/** Until an agent has been seen to start. */
const ASSUMED_STARTUP_SECONDS = 45;
const WORK_MEMORY_TASKS = 240;

/** A regression that says "changes last", as strong as one sudden change of 39 tasks within a start-up. */
const CHANGES_LAST = { xy: 1_500, xx: 1_500 };
const CHANGE_MEMORY_SECONDS = 86_400;
/** Forecasts are checked from the first minute on: before, there is no rate to speak of. */
const WARM_UP_SECONDS = 60;
/** At most so many forecasts are under way; with looks every 15 s and a start-up of 45 s there are four. */
const CHECKS_AT_MOST = 8;
/** Seasons are checked every four looks over twenty, long enough for a difference to stand out from chance. */
const SEASON_CHECK_LOOKS = 20;
const SEASON_CHECKS_AT_MOST = 5;

/**
 * Forecasts from what has been seen, and says what to remember for the next time. Without a complete look the last
 * forecast stands. Pure.
 */
export function forecast(
  observation: Observation,
  before: ForecastState | undefined,
  config: PoolConfig,
): { readonly forecast: Forecast; readonly next: ForecastState | undefined } {
  const look = lookAt(observation);
  if (look === undefined) return { forecast: describe(observation, before, config), next: before };
  const next = before === undefined ? firstState(look) : learn(before, look, observation, config);
  const told = describe(observation, next, config);
  return { forecast: told, next: withChecks(next, told, observation, config) };
}

function firstState(look: Look): ForecastState {
  return {
    version: FORECAST_VERSION,
    look,
    arrived: 0,
    slots: [],
    startupSeconds: ASSUMED_STARTUP_SECONDS,
    work: { tasks: 0, seconds: 0 },
    rise: CHANGES_LAST,
    fall: CHANGES_LAST,
    surprise: NO_SURPRISE,
    budget: FRESH_BUDGET,
    checks: [],
    seasonChecks: [],
    errors: {},
    unsaved: [],
  };
}

function learn(
  before: ForecastState,
  look: Look,
  observation: Observation,
  config: PoolConfig,
): ForecastState {
  const { agents } = observation;
  if (agents.kind === 'unknown') return before;
  const passed = passedBetween(before.look, look, agents.value.minutes);
  if (passed.seconds <= 0) return before;
  const state: ForecastState = {
    ...before,
    look,
    arrived: before.arrived + passed.arrivals,
    slots: [...before.slots, { seconds: passed.seconds, arrivals: passed.arrivals }].slice(-LONGEST_WINDOW),
    unsaved: countArrivals(before.unsaved, look.atMs, passed.arrivals),
    startupSeconds: agents.value.activity.startupSeconds ?? before.startupSeconds,
    work: learnWork(before.work, passed),
    budget: spend(before.budget, passed, missesAllowed(config)),
    surprise: forgetSurprise(before.surprise, passed.seconds),
    rise: forget(before.rise, passed.seconds),
    fall: forget(before.fall, passed.seconds),
  };
  return checkSeasons(checkForecasts(state));
}

/** Mean work as a decayed mean over about {@link WORK_MEMORY_TASKS} tasks: few when they are few, so it starts fast. */
function learnWork(before: ForecastState['work'], { completed, workSeconds }: Passed): ForecastState['work'] {
  const kept = Math.exp(-completed / WORK_MEMORY_TASKS);
  return { tasks: before.tasks * kept + completed, seconds: before.seconds * kept + workSeconds };
}

function forget({ xy, xx }: ForecastState['rise'], seconds: number): ForecastState['rise'] {
  const kept = Math.exp(-seconds / CHANGE_MEMORY_SECONDS);
  return { xy: xy * kept, xx: xx * kept };
}

/** Compares the forecasts that have come due with what came true. */
function checkForecasts(state: ForecastState): ForecastState {
  let { rise, fall, surprise } = state;
  for (const check of state.checks) {
    if (check.dueMs > state.look.atMs) continue;
    const seconds = (state.look.atMs - check.atMs) / 1000;
    const arrived = state.arrived - check.arrived;
    const change = (check.recent - check.steady) * seconds;
    const came = arrived - check.steady * seconds;
    if (change > 0) rise = { xy: rise.xy + change * came, xx: rise.xx + change ** 2 };
    if (change < 0) fall = { xy: fall.xy + change * came, xx: fall.xx + change ** 2 };
    surprise = surprised(surprise, check.expected * seconds, arrived, seconds);
  }
  return {
    ...state,
    rise,
    fall,
    surprise,
    checks: state.checks.filter(({ dueMs }) => dueMs > state.look.atMs),
  };
}

function checkSeasons(state: ForecastState): ForecastState {
  let { errors } = state;
  for (const check of state.seasonChecks) {
    if (check.dueMs > state.look.atMs) continue;
    errors = scoreSeason(errors, check, state.arrived - check.arrived, (state.look.atMs - check.atMs) / 1000);
  }
  const seasonChecks = state.seasonChecks.filter(({ dueMs }) => dueMs > state.look.atMs);
  return { ...state, errors, seasonChecks };
}

/** Puts what is known into a forecast. */
function describe(observation: Observation, state: ForecastState | undefined, config: PoolConfig): Forecast {
  const agents = observation.agents.kind === 'known' ? observation.agents.value : undefined;
  const known = state ?? firstState({ atMs: observation.atMs, inSystem: 0, minutes: [] });
  const rates = ratesOf(known, seasonOf(observation), config);
  const perSecond = expectedRate(rates, known);
  // Until a task has been seen to complete it is taken to last for as long as one may wait.
  const workSeconds =
    known.work.tasks > 0 ? known.work.seconds / known.work.tasks : config.objective.withinSeconds;
  const bursts = burstiness(known.surprise, workSeconds, config.min);
  const { late, completed } = known.budget;
  return {
    arrivalsPerSecond: perSecond,
    arrivalsError: rateError(perSecond, known, config),
    naivePerSecond: rates.naive,
    persistence: persistence(known.rise),
    workSeconds,
    workSpread: agents?.activity.workSpread ?? 1,
    trends: trendsOf(agents?.minutes ?? []),
    startupSeconds: known.startupSeconds,
    burstiness: bursts,
    safety: safetyOf(bursts, known.budget, missesAllowed(config)),
    ...(completed > 0 && { attained: 1 - late / completed }),
  };
}

function seasonOf({ season }: Observation): Season {
  return season.kind === 'known' ? season.value : {};
}

function ratesOf(state: ForecastState, season: Season, config: PoolConfig): Rates {
  const naive = naiveRate(state.slots);
  const steady = blend(naive, season, state.errors, SEASON_CHECK_LOOKS * config.tickSeconds);
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
  const { atMs } = state.look;
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
  const seasonMs = SEASON_CHECK_LOOKS * config.tickSeconds * 1000;
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

function missesAllowed({ objective }: PoolConfig): number {
  return 1 - objective.percent / 100;
}
