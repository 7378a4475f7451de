import type { Fault } from './calls.ts';
import { Scenario } from './scenario.ts';
import { Violation } from './violation.ts';

export type SeedResult = { readonly seed: number; readonly tasks: number; readonly faults: number } & (
  | { readonly kind: 'survived' }
  | { readonly kind: 'failed'; readonly invariant: string; readonly detail: string; readonly story: readonly string[] }
);

export async function runSeed(seed: number, without: readonly Fault[] = []): Promise<SeedResult> {
  const scenario = new Scenario(seed, without);
  try {
    const { tasks, faults } = await scenario.run();
    return { kind: 'survived', seed, tasks, faults };
  } catch (error) {
    const invariant = error instanceof Violation ? error.invariant : 'nothing throws';
    const detail = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', seed, tasks: 0, faults: scenario.faults.injected, invariant, detail, story: scenario.engine.story };
  }
}
