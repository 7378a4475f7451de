/** Settings to choose from with hindsight. The steps between them are those of `STEPS_PER_UNIT`. */
export type Range = {
  /** Where the choice begins. It goes on beyond while the best stands at an edge. */
  readonly from: number;
  readonly to: number;
  /** Where it ends all the same. */
  readonly least: number;
  readonly most: number;
};

/** What most peers are tried over: 0.5 to 3, and from 0.1 to 6 where the best is out there. */
export const TARGETS: Range = { from: 0.5, to: 3, least: 0.1, most: 6 };

/** Settings are 0.05 apart. They are counted in steps, because sums of 0.05 are not exact. */
const STEPS_PER_UNIT = 20;
/** At first, every fifth setting is tried, but every one on a short trace, where chance decides more. */
const COARSE_STEPS = 5;
const SHORT_TASKS = 20_000;
/** Then everything around the best. */
const AROUND_STEPS = 5;

export type Tuned<Result> = {
  readonly best: Result;
  /** Whether the best is the last setting in its direction, so that a better one may lie beyond. */
  readonly atEdge: boolean;
};

/**
 * Finds the best setting in a range: a coarse pass first, then on until every setting within 0.25 of the best has been
 * tried, on either side and beyond the range. `pick` gives the best of some results.
 */
export async function tune<Result extends { readonly setting: number | null }>(
  { from, to, least, most }: Range,
  tasks: number,
  run: (setting: number) => Promise<Result>,
  pick: (results: readonly Result[]) => Result,
): Promise<Tuned<Result>> {
  const [first, last] = [stepsOf(least), stepsOf(most)];
  const tried = new Map<number, Result>();
  let next = stepsBetween(stepsOf(from), stepsOf(to), tasks < SHORT_TASKS ? 1 : COARSE_STEPS);
  for (;;) {
    for (const step of next) tried.set(step, await run(step / STEPS_PER_UNIT));
    const best = pick([...tried.values()]);
    const at = stepsOf(best.setting as number);
    next = stepsBetween(Math.max(first, at - AROUND_STEPS), Math.min(last, at + AROUND_STEPS)).filter(
      (step) => !tried.has(step),
    );
    if (next.length === 0) return { best, atEdge: at === first || at === last };
  }
}

function stepsOf(setting: number): number {
  return Math.round(setting * STEPS_PER_UNIT);
}

function stepsBetween(first: number, last: number, by = 1): readonly number[] {
  return Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, index) => first + index * by);
}
