import * as z from 'zod';
import type { Observation, Season } from '../observation.ts';
import type { PoolConfig } from '../pool/config.ts';
import type { Expected } from '../staffing.ts';
import { type Choice, choiceShape } from './candidates.ts';
import { type Sample, sampleShape } from './sample.ts';
import type { SeasonCheck, Signal, StartupCheck, Step } from './signal.ts';
import { arrivals, dispersion, naiveRate, recentRate } from './signals/arrivals.ts';
import { burstiness, tasksPerBurst } from './signals/burstiness.ts';
import { attained, errorBudget } from './signals/error-budget.ts';
import { type LimitForecast, limitForecasts, limitUse } from './signals/limit-use.ts';
import { type Lately, lately, pace } from './signals/pace.ts';
import { expectedRate, persistence, shareThatLasts } from './signals/persistence.ts';
import { blend, season } from './signals/season.ts';
import { shadowFleets } from './signals/shadow-fleets.ts';
import { startup } from './signals/startup.ts';
import { meanDuration, taskDuration } from './signals/task-duration.ts';
import { unsavedMinutes } from './signals/unsaved-minutes.ts';
import { cheapest, heldSlots, marginOf } from './staffing-margin.ts';
import { type Trends, trendsOf } from './trends.ts';

/** Everything learned from tick to tick. Each signal is one file and one line here. */
const SIGNALS = {
  arrivals,
  startup,
  taskDuration,
  persistence,
  burstiness,
  errorBudget,
  shadowFleets,
  season,
  pace,
  limitUse,
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
  /** What was expected at the latest sample. */
  readonly expected?: Expected & { readonly choice: Choice };
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
  expected: z
    .strictObject({
      arrivalsPerSecond: z.number(),
      dispersion: z.number(),
      durationSeconds: z.number(),
      startupSeconds: z.number(),
      choice: choiceShape,
    })
    .optional(),
  known: z.strictObject(mapSignals(({ shape }) => shape)),
}) as unknown as z.ZodType<ForecastState>;

type AnySignal = Signal<unknown>;

/** The one place that loses the type that ties a state to its signal: TypeScript can't follow a mapped record. */
function mapSignals(of: (signal: AnySignal, name: keyof Known) => unknown) {
  const entries = Object.entries(SIGNALS) as [keyof Known, AnySignal][];
  return Object.fromEntries(entries.map(([name, signal]) => [name, of(signal, name)])) as never;
}

// --- Reading -----------------------------------------------------------------------------------------------------

/** What is expected until agents started now are ready. */
export type Forecast = Expected & {
  /** The naive forecast, for comparison. */
  readonly naivePerSecond: number;
  /** The share of a sudden rise in the rate that has lasted in the past. */
  readonly persistence: number;
  /** Spread of the task duration: standard deviation ÷ mean. */
  readonly durationSpread: number;
  readonly trends: Trends;
  /** Of each of the pool's limits, in their order. */
  readonly limits: readonly LimitForecast[];
  /** What happened within the allowed queue wait; undefined until that is known. */
  readonly lately?: Lately;
  /** The candidate that staffs the pool ({@link cheapest}), its margin, and the slots it holds between bursts. */
  readonly choice: Choice;
  readonly staffingMargin: number;
  readonly heldSlots: number;
  /** Share of recent tasks that started within the objective; undefined before the first. */
  readonly attained?: number;
};

/** Seasons are checked every 4 ticks over 20, long enough for a difference to stand out from chance. */
export const SEASON_CHECK_TICKS = 20;

/** Combines all signals into one forecast. */
export function readForecast(
  observation: Observation,
  state: ForecastState | undefined,
  config: PoolConfig,
): Forecast {
  const agents = observation.agents.kind === 'known' ? observation.agents.value : undefined;
  const { known } = state ?? firstState({ atMs: observation.atMs, inSystem: 0, received: 0, minutes: [] });
  const { naive, steady, recent } = ratesOf(known, seasonOf(observation), config);
  const perSecond = expectedRate(known.persistence, steady, recent);
  const durationSeconds = meanDuration(known.taskDuration, agents?.running, config);
  const onTime = attained(known.errorBudget);
  const observed = lately(known.pace, config);
  const choice = cheapest(
    {
      shadows: known.shadowFleets,
      budget: known.errorBudget,
      tasksPerBurst: tasksPerBurst(known.burstiness),
    },
    config,
  );
  return {
    arrivalsPerSecond: perSecond,
    dispersion: dispersion(known.arrivals),
    naivePerSecond: naive,
    persistence: shareThatLasts(known.persistence.rise),
    durationSeconds,
    durationSpread: agents?.activity.durationSpread ?? 1,
    trends: trendsOf(agents?.minutes ?? []),
    startupSeconds: known.startup.seconds,
    limits: limitForecasts(known.limitUse, config),
    choice,
    staffingMargin: marginOf(choice),
    heldSlots: heldSlots(choice, known.shadowFleets),
    ...(onTime !== undefined && { attained: onTime }),
    ...(observed && { lately: observed }),
  };
}

export function seasonOf({ season }: Observation): Season {
  return season.kind === 'known' ? season.value : {};
}

/** The naive rate, the level that blends it with the seasons, and the recent rate that may contradict that level. */
export function ratesOf(
  { arrivals: arrived, season: errors }: Pick<Known, 'arrivals' | 'season'>,
  seasonNow: Season,
  { tickSeconds }: PoolConfig,
) {
  const naive = naiveRate(arrived);
  const steady = blend(naive, seasonNow, { errors, checkSeconds: SEASON_CHECK_TICKS * tickSeconds });
  return { naive, steady, recent: recentRate(arrived, steady) };
}
