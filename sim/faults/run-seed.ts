import { FAULTS, type Fault } from './calls.ts';
import { Violation } from './invariants.ts';
import { Scenario } from './scenario.ts';

export type Failure = {
  readonly seed: number;
  readonly invariant: string;
  readonly story: readonly string[];
};

export type SeedResult = { readonly seed: number; readonly tasks: number; readonly faults: number } & (
  | { readonly kind: 'survived' }
  | ({ readonly kind: 'failed' } & Failure)
);

/** Runs one seed. The same seed gives the same run, without some kinds of faults too. */
export async function runSeed(seed: number, without: readonly Fault[] = []): Promise<SeedResult> {
  const scenario = new Scenario(seed, without);
  const error = await scenario
    .run()
    .then(
      () => undefined,
      (reason: unknown) => reason,
    )
    .finally(() => scenario.close());
  const ran = { seed, tasks: scenario.sent, faults: scenario.faults.injected };
  if (error === undefined) return { kind: 'survived', ...ran };
  const invariant = error instanceof Violation ? error.invariant : 'nothing throws';
  const story = [...scenario.engine.story, error instanceof Error ? error.message : String(error)];
  return { kind: 'failed', ...ran, invariant, story };
}

/** The same failure with as few kinds of faults as lead to it, and its last lines. */
export async function shortest(failed: Failure): Promise<Failure & { readonly faults: readonly Fault[] }> {
  let without: readonly Fault[] = [];
  let { story } = failed;
  for (const fault of FAULTS) {
    const result = await runSeed(failed.seed, [...without, fault]);
    if (result.kind !== 'failed' || result.invariant !== failed.invariant) continue;
    without = [...without, fault];
    ({ story } = result);
  }
  return {
    ...failed,
    story: story.slice(-STORY_LINES),
    faults: FAULTS.filter((fault) => !without.includes(fault)),
  };
}

const STORY_LINES = 60;
