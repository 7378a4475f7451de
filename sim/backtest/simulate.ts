import type { Arrival } from '../../shared/tasks/trace.ts';
import type { Model } from './model.ts';
import type { Scaler } from './scaler.ts';
import { World } from './world.ts';

/** What came of a run. */
export type RunResult = {
  /** Share of the tasks that started in time, over the whole trace and in its worst hour. */
  readonly within: number;
  readonly worstHourWithin: number;
  readonly queueWaitSeconds: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
  /** Agent-seconds paid: in all, and for each second of work. */
  readonly paidSeconds: number;
  readonly paidPerBusy: number;
  /** Agents started, and changes of the desired count. */
  readonly launches: number;
  readonly actions: number;
  /** Tasks completed in a minute, from the beginning to the end of the last one. */
  readonly completedPerMinute: number;
  /** Calls that the provider refused. */
  readonly refusedCalls: number;
};

type Run = {
  readonly begin: (world: World) => Scaler;
  readonly onTick?: (world: World) => void;
  /** Ends the run early, before a tick; tasks that have not started count as late then. */
  readonly giveUp?: (world: World) => boolean;
  /** The wait, in seconds, that a task is in time with. Default: the objective that the pool aims at. */
  readonly judgedBySeconds?: number;
};

/** Runs a trace to its end: after the last arrival the run goes on until the queue is empty. */
export async function simulate(
  trace: readonly Arrival[],
  model: Model,
  { begin, onTick, giveUp, judgedBySeconds = model.config.objective.withinSeconds }: Run,
): Promise<RunResult> {
  const world = new World(trace, model);
  const scaler = begin(world);
  for (let at = 0; ; ) {
    world.advance(at);
    if (world.isDone || giveUp?.(world)) break;
    at += await scaler.tick();
    onTick?.(world);
  }
  world.finish();
  return summarizeRun(world, judgedBySeconds);
}

function summarizeRun({ trace, waits, account, endedAt, provider }: World, limit: number): RunResult {
  const work = trace.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  const inTime = waits.reduce((sum, wait) => (wait <= limit ? sum + 1 : sum), 0);
  const sorted = waits.toSorted();
  const quantile = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
  return {
    within: inTime / waits.length,
    worstHourWithin: worstHour(trace, waits, limit),
    queueWaitSeconds: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max: quantile(1) },
    paidSeconds: account.paidSeconds,
    paidPerBusy: account.paidSeconds / work,
    launches: account.launches,
    actions: account.actions,
    completedPerMinute: (60 * trace.length) / Math.max(1, endedAt),
    refusedCalls: provider?.refused ?? 0,
  };
}

/** An hour with fewer tasks says nothing about the share of them. */
const LEAST_TASKS_OF_AN_HOUR = 20;

function worstHour(trace: readonly Arrival[], waits: Float64Array, limit: number): number {
  const hours = new Map<number, { tasks: number; inTime: number }>();
  for (const [index, { atSeconds }] of trace.entries()) {
    const hour = Math.floor(atSeconds / 3600);
    const count = hours.get(hour) ?? { tasks: 0, inTime: 0 };
    count.tasks += 1;
    if ((waits[index] as number) <= limit) count.inTime += 1;
    hours.set(hour, count);
  }
  const shares = [...hours.values()]
    .filter(({ tasks }) => tasks >= LEAST_TASKS_OF_AN_HOUR)
    .map(({ tasks, inTime }) => inTime / tasks);
  return shares.length === 0 ? 1 : Math.min(...shares);
}
