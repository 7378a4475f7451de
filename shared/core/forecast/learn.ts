import { countArrivals } from '../arrival-history.ts';
import type { Observation } from '../observation.ts';
import type { PoolConfig } from '../pool/config.ts';
import { LONGEST_WINDOW } from './rate.ts';
import { type Passed, passedBetween } from './sample.ts';
import { scoreSeason } from './season.ts';
import {
  FRESH_BUDGET,
  forgetSurprise,
  missesAllowed,
  NO_SURPRISE,
  spend,
  surprised,
} from './staffing-margin.ts';
import { FORECAST_VERSION, type ForecastState, type Sample } from './state.ts';

/** Until an agent has been seen to start. */
const ASSUMED_STARTUP_SECONDS = 45;
const DURATION_MEMORY_TASKS = 240;

/** A regression that says "changes last", as strong as one sudden change of 39 tasks within a start-up. */
const CHANGES_LAST = { xy: 1_500, xx: 1_500 };
const CHANGE_MEMORY_SECONDS = 86_400;
/** Nothing has been seen yet but this sample. */
export function firstState(sample: Sample): ForecastState {
  return {
    version: FORECAST_VERSION,
    sample,
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

/** Adds a sample to what is known, and compares the forecasts that have come due with what came true. */
export function learn(
  before: ForecastState,
  sample: Sample,
  observation: Observation,
  config: PoolConfig,
): ForecastState {
  const { agents } = observation;
  if (agents.kind === 'unknown') return before;
  const passed = passedBetween(before.sample, sample, agents.value.minutes);
  if (passed.seconds <= 0) return before;
  const state: ForecastState = {
    ...before,
    sample,
    arrived: before.arrived + passed.arrivals,
    slots: [...before.slots, { seconds: passed.seconds, arrivals: passed.arrivals }].slice(-LONGEST_WINDOW),
    unsaved: countArrivals(before.unsaved, sample.atMs, passed.arrivals),
    startupSeconds: agents.value.activity.startupSeconds ?? before.startupSeconds,
    work: learnDuration(before.work, passed),
    budget: spend(before.budget, passed, missesAllowed(config)),
    surprise: forgetSurprise(before.surprise, passed.seconds),
    rise: forget(before.rise, passed.seconds),
    fall: forget(before.fall, passed.seconds),
  };
  return checkSeasons(checkForecasts(state));
}

/** Mean work as a decayed mean over about {@link DURATION_MEMORY_TASKS} tasks: few when they are few, so it starts fast. */
function learnDuration(
  before: ForecastState['work'],
  { completed, durationSeconds }: Passed,
): ForecastState['work'] {
  const kept = Math.exp(-completed / DURATION_MEMORY_TASKS);
  return { tasks: before.tasks * kept + completed, seconds: before.seconds * kept + durationSeconds };
}

function forget({ xy, xx }: ForecastState['rise'], seconds: number): ForecastState['rise'] {
  const kept = Math.exp(-seconds / CHANGE_MEMORY_SECONDS);
  return { xy: xy * kept, xx: xx * kept };
}

function checkForecasts(state: ForecastState): ForecastState {
  let { rise, fall, surprise } = state;
  for (const check of state.checks) {
    if (check.dueMs > state.sample.atMs) continue;
    const seconds = (state.sample.atMs - check.atMs) / 1000;
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
    checks: state.checks.filter(({ dueMs }) => dueMs > state.sample.atMs),
  };
}

function checkSeasons(state: ForecastState): ForecastState {
  let { errors } = state;
  for (const check of state.seasonChecks) {
    if (check.dueMs > state.sample.atMs) continue;
    errors = scoreSeason(
      errors,
      check,
      state.arrived - check.arrived,
      (state.sample.atMs - check.atMs) / 1000,
    );
  }
  const seasonChecks = state.seasonChecks.filter(({ dueMs }) => dueMs > state.sample.atMs);
  return { ...state, errors, seasonChecks };
}
