import { describe, expect, test } from 'vitest';
import { isIdlePool } from '../../shared/core/idle-pool.ts';
import type { Observation } from '../../shared/core/observation.ts';
import { unknown } from '../../shared/core/observation.ts';
import { scalerMeasurements } from '../../shared/telemetry/scaler-metrics.ts';
import { decisionRecord, inputs, observation, pool } from './build.ts';

const config = pool({ min: 0 });
const record = (seen: Observation) => decisionRecord(inputs(seen, { config, state: { desired: 0 } }));

describe('an idle pool', () => {
  test('a pool without tasks and agents that wants none is idle', () => {
    expect(isIdlePool(record(observation(0)))).toBe(true);
  });

  test.each([
    ['a task waits', observation(0, { queue: { visible: 1 } })],
    ['a task was received', observation(0, { queue: { inFlight: 1 } })],
    ['a task is delayed', observation(0, { queue: { delayed: 1 } })],
    ['an agent has not ended yet', observation(0, { agents: { draining: 1 } })],
    ['an agent is unresponsive', observation(0, { agents: { unresponsive: 1 } })],
    ['ECS still runs one', observation(0, { fleet: { running: 1 } })],
    ['ECS wants one', observation(0, { fleet: { desired: 1 } })],
    ['the queue could not be read', { ...observation(0), queue: unknown('throttled') }],
  ])('a pool is not idle while %s', (_, seen) => {
    expect(isIdlePool(record(seen))).toBe(false);
  });

  test('a pool whose minimum asks for agents is not idle', () => {
    const wanting = decisionRecord(
      inputs(observation(0), { config: pool({ min: 1 }), state: { desired: 0 } }),
    );
    expect(isIdlePool(wanting)).toBe(false);
  });

  test('an idle pool emits only that it was ticked, since every metric is billed', () => {
    const emitted = (seen: Observation) => scalerMeasurements(record(seen)).map(({ name }) => name);
    expect(emitted(observation(0))).toEqual(['Ticks']);
    expect(emitted(observation(0, { queue: { visible: 1 } }))).toContain('QueueDepth');
  });
});
