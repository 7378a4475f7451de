import * as z from 'zod';
import type { Season } from '../../observation.ts';
import type { Due, SeasonCheck, Signal } from '../signal.ts';

/** Mean squared errors of the naive forecast and of the seasons, in tasks per check. */
const shape = z.object({
  naive: z.number().optional(),
  day: z.number().optional(),
  week: z.number().optional(),
});
export type SquaredErrors = Readonly<z.infer<typeof shape>>;

/** How well the same time on previous days, and on the same weekday, has predicted arrivals. */
export const season: Signal<SquaredErrors> = {
  shape,
  initial: {},
  learn: (errors, { due }) => due.season.reduce<SquaredErrors>(scoreSeason, errors),
  gap: (errors) => errors,
};

/**
 * The weight of the newest check in the mean squared errors. Why seasons get a vote, and only a vote:
 * docs/decisions/0006-predictive-policy.md.
 */
const LEARNING = 0.004;
/** No forecast of a Poisson process beats its variance; an error within this share above it counts as chance. */
const RESOLUTION = 0.15;

/** Scores the naive forecast and the seasons against actual arrivals. */
export function scoreSeason(
  errors: SquaredErrors,
  check: Omit<Due<SeasonCheck>, 'atMs' | 'dueMs' | 'arrived'>,
): SquaredErrors {
  const score = (before: number | undefined, perSecond: number, first: number) => {
    const error = (perSecond * check.seconds - check.came) ** 2;
    return before === undefined ? first * error : before + LEARNING * (error - before);
  };
  // A season starts at twice its first error, so it has to earn its vote.
  const day = check.day === undefined ? errors.day : score(errors.day, check.day, 2);
  const week = check.week === undefined ? errors.week : score(errors.week, check.week, 2);
  return {
    naive: score(errors.naive, check.naive, 1),
    ...(day !== undefined && { day }),
    ...(week !== undefined && { week }),
  };
}

/** A forecast that gets a vote, and the weight of it. */
type Vote = { readonly perSecond: number; readonly weight: number };

/**
 * The naive rate blended with the seasons, each weighted by the inverse of its mean squared error beyond chance. A
 * season that has recently done worse than the naive forecast has no vote until it does better again.
 */
export function blend(
  naive: number,
  season: Season,
  { errors, checkSeconds }: { readonly errors: SquaredErrors; readonly checkSeconds: number },
): number {
  const chance = naive * checkSeconds + 1e-6;
  const weight = (error: number) => 1 / Math.max(error - chance, RESOLUTION * chance);
  const limit = errors.naive;
  if (limit === undefined) return naive;
  const votes: Vote[] = [{ perSecond: naive, weight: weight(limit) }];
  for (const kind of ['day', 'week'] as const) {
    const perSecond = season[kind];
    const error = errors[kind];
    if (perSecond === undefined || error === undefined || error > limit) continue;
    votes.push({ perSecond, weight: weight(error) });
  }
  const total = votes.reduce((sum, vote) => sum + vote.weight, 0);
  return votes.reduce((sum, vote) => sum + vote.weight * vote.perSecond, 0) / total;
}
