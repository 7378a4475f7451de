// Covers: shared/runtime/close-record.ts
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dynamoOverrides } from '../../shared/aws/dynamo-overrides.ts';
import { tick } from '../../shared/runtime/tick.ts';
import { instance } from '../unit/build.ts';
import { startTestStack, type TestStack } from './stack.ts';
import { type TickedPool, tickedPool } from './ticked-pool.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close());

let config: TickedPool['config'];
let store: TickedPool['store'];
let service: TickedPool['service'];
let telemetry: TickedPool['telemetry'];
let fleet: TickedPool['fleet'];
let ports: TickedPool['ports'];
let readyAgents: TickedPool['readyAgents'];
let statuses: TickedPool['statuses'];
let decisions: TickedPool['decisions'];
beforeEach(() => {
  ({ config, store, service, telemetry, fleet, ports, readyAgents, statuses, decisions } = tickedPool(stack));
});

describe('an agent that is at one task for too long', () => {
  beforeEach(async () => {
    Object.assign(service, { desired: 1, running: 1 });
    const since = { status: 'busy', tasks: { endless: 0 }, heartbeatAtMs: Date.now() } as const;
    await store.register(instance({ pool: config.name, id: 'stuck', ...since }));
  });

  test('an agent at one task for too long has its record closed and is stopped', async () => {
    await tick(ports(), config, 'a');
    expect(fleet.stop).toHaveBeenCalledWith(
      'stuck',
      'agentpool: its agent has been on one task for too long',
    );
    expect(await statuses()).toEqual({ lost: 1 });
  });

  test('an agent at one task for too long is kept when it has written since the tick read it', async () => {
    const movesOn = async () => {
      const seen = await store.instances();
      await store.heartbeat('stuck', Date.now() + 1_000);
      return seen;
    };
    await tick(ports({ store: { ...store, instances: movesOn } }), config, 'a');
    expect(fleet.stop).not.toHaveBeenCalled();
    expect(await statuses()).toEqual({ busy: 1 });
    expect((await decisions())[0]?.reaped).toBeUndefined();
  });
});

describe('a task that runs without an agent', () => {
  const old = async () => [{ id: 'agentless', startedAtMs: 0 }];

  test('an ECS task without an agent is stopped and recorded', async () => {
    await readyAgents(1);
    service.running = 2;
    const ticked = await tick(ports({ fleet: { ...fleet, tasks: old } }), config, 'a');
    expect(fleet.stop).toHaveBeenCalledWith('agentless', 'agentpool: its agent has no record');
    const [recorded] = await decisions();
    expect(recorded?.reaped).toEqual([{ id: 'agentless', reason: 'its agent has no record' }]);
    expect(ticked).toMatchObject({ record: { reaped: recorded?.reaped } });
  });

  test('an ECS task without an agent is kept while the pool is paused', async () => {
    const overrides = dynamoOverrides(stack.table, config.name);
    const mode = { kind: 'paused', by: 'night shift', atMs: 1 } as const;
    await overrides.put({ kind: 'mode', by: 'night shift', atMs: 1, mode }, await overrides.read());
    service.running = 2;
    await tick(ports({ fleet: { ...fleet, tasks: old } }), config, 'a');
    expect(fleet.stop).not.toHaveBeenCalled();
  });

  test('a tick goes on when ECS does not list its tasks', async () => {
    service.running = 1;
    const tasks = async () => Promise.reject(new Error('throttled'));
    const ticked = await tick(ports({ fleet: { ...fleet, tasks } }), config, 'a');
    expect(ticked.kind).toBe('ticked');
    expect(telemetry.reapFailed).toHaveBeenCalled();
  });
});
