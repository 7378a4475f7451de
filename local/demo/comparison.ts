import { setImmediate } from 'node:timers/promises';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import type { Arrival } from '../../shared/tasks/trace.ts';
import { candidatesFor, type PolicyResult } from '../../sim/backtest/candidates.ts';
import type { PlannedTask } from '../replay/plan.ts';

/** What a way of scaling would have paid for the tasks of a run, and how it would have held the objective. */
export type Simulated = {
  readonly policy: 'default' | 'static' | 'keda';
  /** The size of the constant fleet, or KEDA's target of messages per slot; null for agentpool, which has none. */
  readonly setting: number | null;
  /** In the clock of the run. */
  readonly agentSecondsPaid: number;
  /** Share of the paid time of slots in which tasks used them, 0 to 1. */
  readonly usedShare: number;
  /** Share of the tasks that started within the objective, 0 to 1. */
  readonly inTimeShare: number;
};

export type Comparison =
  | { readonly kind: 'compared'; readonly simulated: readonly Simulated[] }
  | { readonly kind: 'skipped'; readonly reason: string };

type Run = {
  readonly planned: readonly PlannedTask[];
  /** The pool as it ran. */
  readonly config: PoolConfig;
  readonly speed: number;
  /** Mean of the run, from requesting an agent until it takes tasks; undefined if none became ready. */
  readonly startupSeconds: number | undefined;
};

/** These take a few seconds: each of the others runs at many settings. */
export const MOST_TASKS = 20_000;
const POLICIES = ['default', 'static', 'keda'] as const;

/**
 * Simulates the tasks of a run under agentpool, the smallest constant fleet that holds the objective, and KEDA's rule at
 * its best setting for these very tasks. All of them are simulated, with the start-up time that the run measured.
 *
 * The simulation takes place at the speed of the recording, and its results are converted to the clock of the run. KEDA's
 * rule has times of its own (15 s between two ticks, 300 s before it shrinks), which the run's speed would otherwise
 * make 30 times as slow for it.
 */
export async function compareWithOthers({
  planned,
  config,
  speed,
  startupSeconds,
}: Run): Promise<Comparison> {
  if (startupSeconds === undefined) return { kind: 'skipped', reason: 'no agent became ready' };
  if (planned.length > MOST_TASKS) {
    const reason = `npm run backtest -- --trace FILE does it for more than ${MOST_TASKS} tasks`;
    return { kind: 'skipped', reason };
  }
  const trace = planned.map(
    ({ atSeconds, payload }): Arrival => ({
      atSeconds: atSeconds * speed,
      durationSeconds: payload.durationSeconds * speed,
    }),
  );
  const model = {
    config: atRecordedSpeed(config, speed),
    startupSeconds: startupSeconds * speed,
    billedAtLeastSeconds: 0,
  };
  const simulated: Simulated[] = [];
  for (const candidate of candidatesFor(POLICIES)) {
    // Between two of them, Ctrl-C gets its turn.
    await setImmediate();
    simulated.push(simulatedOf(await candidate.run(trace, model, () => {}), { speed, config }));
  }
  return { kind: 'compared', simulated };
}

/** The pool with the times that a simulation uses as they'd be without the speedup. */
function atRecordedSpeed(config: PoolConfig, speed: number): PoolConfig {
  const { tickSeconds, objective } = config;
  return {
    ...config,
    tickSeconds: tickSeconds * speed,
    objective: { ...objective, withinSeconds: objective.withinSeconds * speed },
  };
}

function simulatedOf(
  { policy, setting, paidSeconds, paidPerBusy, within }: PolicyResult,
  { speed, config: { concurrency } }: Pick<Run, 'speed' | 'config'>,
): Simulated {
  return {
    policy: policy as Simulated['policy'],
    setting,
    agentSecondsPaid: Math.round((100 * paidSeconds) / speed) / 100,
    usedShare: Math.round(10_000 / (paidPerBusy * concurrency)) / 10_000,
    inTimeShare: Math.round(10_000 * within) / 10_000,
  };
}
