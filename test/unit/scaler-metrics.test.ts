import { expect, test } from 'vitest';
import { decide } from '../../shared/core/decide.ts';
import type { PoolState } from '../../shared/core/pool/state.ts';
import { scalerMeasurements } from '../../shared/telemetry/scaler-metrics.ts';
import { decisionRecord, inputs, NOW_MS, observation, pool } from './build.ts';

type Seen = NonNullable<Parameters<typeof observation>[1]>;

/** Ticks every 15 s; returns a metric as emitted by each tick. */
function emitted(metric: string, ticks: readonly Seen[]): readonly (number | undefined)[] {
  let state: Partial<PoolState> = {};
  return ticks.map((seen, index) => {
    const atMs = NOW_MS + 15_000 * index;
    const read = observation(5, seen);
    const at = <T extends object>(reading: T) => ({ ...reading, atMs });
    const observed = { ...at(read), queue: at(read.queue), fleet: at(read.fleet), agents: at(read.agents) };
    const given = inputs(observed, { state, config: pool() });
    state = decide(given).memory;
    return scalerMeasurements(decisionRecord(given)).find(({ name }) => name === metric)?.value;
  });
}

const ready = { ready: 5, idleSeconds: 600 };

test('tasks are overdue once they have waited longer than the objective allows, although nothing starts or ends', () => {
  const seen = { queue: { visible: 100 }, agents: ready };
  const ticks = [{ agents: ready }, { agents: ready }, seen, seen, seen, seen];
  expect(emitted('TasksOverdue', ticks)).toEqual([undefined, undefined, 0, 0, 100, 100]);
});

test('a task that an earlier turn blocks is not overdue', () => {
  const seen = { queue: { visible: 3, inFlight: 1 }, agents: { ...ready, busy: 1 } };
  expect(emitted('TasksOverdue', [seen, seen, seen, seen, seen]).slice(2)).toEqual([0, 0, 0]);
});

test('agents whose receives fail are counted apart from ready ones', () => {
  const seen = { queue: { visible: 3 }, agents: { ready: 1, notReceiving: 4 } };
  expect([emitted('AgentsNotReceiving', [seen]), emitted('AgentsReady', [seen])]).toEqual([[4], [1]]);
});
