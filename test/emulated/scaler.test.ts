import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sqsClient } from '../../shared/aws/clients.ts';
import { systemClock } from '../../shared/aws/clock.ts';
import { dynamoHistory } from '../../shared/aws/dynamo-history.ts';
import { dynamoNeighbours } from '../../shared/aws/dynamo-neighbours.ts';
import { dynamoOverrides } from '../../shared/aws/dynamo-overrides.ts';
import { dynamoPoolStore } from '../../shared/aws/dynamo-pool-store.ts';
import { sqsQueue } from '../../shared/aws/sqs-queue.ts';
import { replay } from '../../shared/core/decision-record.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Fleet } from '../../shared/ports/fleet.ts';
import type { PoolStore } from '../../shared/ports/pool-store.ts';
import type { Telemetry } from '../../shared/ports/scaler-telemetry.ts';
import { type TickPorts, tick } from '../../shared/runtime/tick.ts';
import { instance, pool } from '../unit/build.ts';
import { startTestStack, type TestStack } from './stack.ts';

/** Ticks on records in DynamoDB and a queue in SQS, over a service that does at once what it is told. */
const stack: TestStack = await startTestStack();
afterAll(() => stack.close());

let pools = 0;
let config = pool();
let store: PoolStore;
let desired: number;
let running: number;
let telemetry: Telemetry;
let fleet: Fleet;

beforeEach(() => {
  pools += 1;
  config = pool({
    name: `pool-${pools}`,
    min: 0,
    scaleInStabilizationSeconds: 0,
    tickSeconds: 1,
    policies: ['utilization', 'backlog'],
  });
  store = dynamoPoolStore(stack.table, config.name);
  desired = 0;
  running = 0;
  telemetry = {
    tick: vi.fn(),
    tickFailed: vi.fn(),
    leaseTaken: vi.fn(),
    settingsLeftOut: vi.fn(),
    historyNotSaved: vi.fn(),
    reapFailed: vi.fn(),
  };
  fleet = {
    read: async () => ({ desired, running, pending: 0, revision: 'agents:1' }),
    setDesiredCount: vi.fn(async (count: number) => {
      desired = count;
      running = count;
    }),
    unprotect: vi.fn(async () => []),
    tasks: vi.fn(async () => []),
    stop: vi.fn(async () => {}),
  };
});
afterEach(() => vi.restoreAllMocks());

const ports = (changes: Partial<TickPorts> = {}): TickPorts => ({
  queue: { ...stack.queue, counts: async () => ({ visible: 0, inFlight: 0, delayed: 0 }) },
  store,
  history: dynamoHistory(stack.table, config.name, systemClock),
  neighbours: { read: async () => [] },
  fleet,
  clock: systemClock,
  telemetry,
  ...changes,
});
const backlogOf = (visible: number): Partial<TickPorts> => ({
  queue: { ...stack.queue, counts: async () => ({ visible, inFlight: 0, delayed: 0 }) },
});
const later = (ms: number): Clock => ({ ...systemClock, now: () => Date.now() + ms });

async function readyAgents(count: number): Promise<void> {
  desired = count;
  running = count;
  for (let index = 0; index < count; index++) await store.register(readyAgent(`agent-${index}`));
}
const claim = (id: string) =>
  store.transition(id, 'claim', { nowMs: Date.now() + 60_000, changes: { taskId: 'task' } });
const readyAgent = (id: string) => instance({ pool: config.name, id, heartbeatAtMs: Date.now() + 60_000 });

async function statuses(): Promise<Record<string, number>> {
  const { instances } = await store.instances();
  return Object.fromEntries(
    Object.entries(Object.groupBy(instances, ({ status }) => status)).map(([status, of]) => [
      status,
      of?.length ?? 0,
    ]),
  );
}

describe('an agent that is at one task for too long', () => {
  beforeEach(async () => {
    [desired, running] = [1, 1];
    const since = { status: 'busy', statusSinceMs: 0, taskId: 'endless', heartbeatAtMs: Date.now() } as const;
    await store.register(instance({ pool: config.name, id: 'stuck', ...since }));
  });

  test('has its record closed and is stopped', async () => {
    await tick(ports(), config, 'a');
    expect(fleet.stop).toHaveBeenCalledWith('stuck', 'agentpool: its agent is at one task for too long');
    expect(await statuses()).toEqual({ lost: 1 });
  });

  test('is left alone when it has written since it was looked at: it may be at another', async () => {
    const movesOn = async () => {
      const seen = await store.instances();
      await store.heartbeat('stuck', Date.now() + 1_000);
      return seen;
    };
    await tick(ports({ store: { ...store, instances: movesOn } }), config, 'a');
    expect(fleet.stop).not.toHaveBeenCalled();
    expect(await statuses()).toEqual({ busy: 1 });
    expect((await store.decisions(0))[0]?.reaped).toBeUndefined();
  });
});

describe('a task that runs without an agent', () => {
  const old = async () => [{ id: 'stray', startedAtMs: 0 }];

  test('is stopped, and on record', async () => {
    await readyAgents(1);
    running = 2;
    const ticked = await tick(ports({ fleet: { ...fleet, tasks: old } }), config, 'a');
    expect(fleet.stop).toHaveBeenCalledWith('stray', 'agentpool: its agent has no record');
    const [recorded] = await store.decisions(0);
    expect(recorded?.reaped).toEqual([{ id: 'stray', reason: 'its agent has no record' }]);
    expect(ticked).toMatchObject({ record: { reaped: recorded?.reaped } });
  });

  test('is left alone while the pool is paused', async () => {
    const overrides = dynamoOverrides(stack.table, config.name);
    const mode = { kind: 'paused', by: 'night shift', atMs: 1 } as const;
    await overrides.put({ kind: 'mode', by: 'night shift', atMs: 1, mode }, await overrides.read());
    running = 2;
    await tick(ports({ fleet: { ...fleet, tasks: old } }), config, 'a');
    expect(fleet.stop).not.toHaveBeenCalled();
  });

  test('does not stop the tick when ECS does not answer', async () => {
    running = 1;
    const tasks = async () => Promise.reject(new Error('throttled'));
    const ticked = await tick(ports({ fleet: { ...fleet, tasks } }), config, 'a');
    expect(ticked.kind).toBe('ticked');
    expect(telemetry.reapFailed).toHaveBeenCalled();
  });
});

describe('two scalers on one pool', () => {
  test('at the same moment: only one of them looks and acts, fifty times', async () => {
    await readyAgents(2);
    for (let round = 0; round < 50; round++) {
      const results = await Promise.all(
        ['a', 'b'].map((holder) => tick(ports(backlogOf(round)), config, holder)),
      );
      expect(results.map(({ kind }) => kind).toSorted()).toEqual(['not-ours', 'ticked']);
    }
  });

  test('one that was overtaken while it decided writes nothing', async () => {
    await readyAgents(1);
    await claim('agent-0');
    let overtake = async () => {};
    const slowFleet: Fleet = {
      ...fleet,
      async read() {
        await overtake();
        return fleet.read();
      },
    };
    overtake = async () => {
      overtake = async () => {};
      // The other's clock is further on than the lease and the margin for skew.
      await tick(ports({ ...backlogOf(3), clock: later(60_000) }), config, 'fast');
    };
    const slow = await tick(ports({ ...backlogOf(9), fleet: slowFleet }), config, 'slow');
    expect(slow).toMatchObject({
      record: { decision: { kind: 'scale-out', to: 10 }, outcome: { kind: 'overtaken' } },
    });
    expect(vi.mocked(fleet.setDesiredCount).mock.calls).toEqual([[4]]);
  });

  test('a lease that was not released is free when it has expired, and not before', async () => {
    await readyAgents(2);
    await tick(ports(), config, 'killed');
    expect((await tick(ports({ clock: later(7_000) }), config, 'next')).kind).toBe('not-ours');
    expect((await tick(ports({ clock: later(13_000) }), config, 'next')).kind).toBe('ticked');
  });
});

describe('a scale-in', () => {
  test('drains ready agents, lifts their protection, and lowers the count by as many', async () => {
    await readyAgents(6);
    await claim('agent-0');
    const result = await tick(ports(), config, 'a');
    expect(result).toMatchObject({
      record: { decision: { kind: 'scale-in', from: 6, to: 3 }, outcome: { kind: 'done', desired: 3 } },
    });
    expect(await statuses()).toEqual({ busy: 1, ready: 2, draining: 3 });
    expect(vi.mocked(fleet.unprotect).mock.calls[0]?.[0].toSorted()).toEqual([
      'agent-1',
      'agent-2',
      'agent-3',
    ]);
    expect(desired).toBe(3);
  });

  test('lowers the count only by the agents that had not claimed a task meanwhile', async () => {
    await readyAgents(3);
    const racing: PoolStore = {
      ...store,
      async transition(id, event, step) {
        if (id === 'agent-1' && event === 'drain')
          await store.transition(id, 'claim', { nowMs: Date.now(), changes: { taskId: 'task' } });
        return store.transition(id, event, step);
      },
    };
    await tick(ports({ store: racing }), config, 'a');
    // Two were to go, since a single empty look lets the last one stay.
    expect(await statuses()).toEqual({ busy: 1, draining: 1, ready: 1 });
    expect(desired).toBe(2);
  });

  const broken = () => Promise.reject(new Error('broken'));
  test.each<[string, (healthy: TickPorts) => Partial<TickPorts>]>([
    ['lifting protection', ({ fleet }) => ({ fleet: { ...fleet, unprotect: broken } })],
    ['saving the state', ({ store }) => ({ store: { ...store, saveState: broken } })],
    ['setting the count', ({ fleet }) => ({ fleet: { ...fleet, setDesiredCount: broken } })],
  ])('interrupted at %s is finished by the next tick', async (_step, breakIt) => {
    await readyAgents(6);
    await claim('agent-0');
    const failed = await tick(ports(breakIt(ports())), config, 'a');
    expect(failed).toMatchObject({ record: { outcome: { kind: 'failed', reason: 'Error: broken' } } });
    expect(desired).toBe(6);
    await tick(ports(), config, 'a');
    expect(desired).toBe(3);
    expect(await statuses()).toEqual({ busy: 1, ready: 2, draining: 3 });
  });
});

describe('what cannot be read', () => {
  test('a record: the tick goes on without it, says so, and lets nobody go', async () => {
    await readyAgents(3);
    await stack.table.dynamo.send(
      new UpdateCommand({
        TableName: stack.table.table,
        Key: { pk: `POOL#${config.name}`, sk: 'INSTANCE#agent-1' },
        UpdateExpression: 'SET #status = :nonsense',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':nonsense': 'nonsense' },
      }),
    );
    const result = await tick(ports(), config, 'a');
    expect(result).toMatchObject({
      record: { decision: { kind: 'hold', at: 3, reason: { code: 'DataMissing' } } },
    });
    const [, unreadable] = vi.mocked(telemetry.tick).mock.calls[0] ?? [];
    expect(unreadable).toMatchObject([
      { key: `POOL#${config.name}/INSTANCE#agent-1`, reason: expect.stringContaining('status') },
    ]);
  });

  test('the state of the pool: the tick fails, says which item it is, and does nothing', async () => {
    await readyAgents(3);
    const { dynamo, table } = stack.table;
    const Item = { pk: `POOL#${config.name}`, sk: 'STATE', generation: 'many' };
    await dynamo.send(new PutCommand({ TableName: table, Item }));
    await expect(tick(ports(), config, 'a')).rejects.toThrow(
      "the pool's STATE item cannot be read: generation",
    );
    expect(fleet.setDesiredCount).not.toHaveBeenCalled();
  });

  test('a queue that does not exist: the pool stays as it is, with the reason', async () => {
    await readyAgents(3);
    const queueUrl = stack.pool.queueUrl.replace('.fifo', '-none.fifo');
    const queue = sqsQueue(sqsClient(), { queueUrl });
    const result = await tick(ports({ queue }), config, 'a');
    expect(result).toMatchObject({
      record: {
        decision: {
          kind: 'hold',
          at: 3,
          reason: { text: expect.stringMatching(/queue.*QueueDoesNotExist/) },
        },
      },
    });
  });
});

describe('records', () => {
  test('of agents that fell unresponsive are closed, and those whose time is over deleted', async () => {
    await readyAgents(1);
    await store.register({ ...readyAgent('unresponsive'), heartbeatAtMs: Date.now() - 600_000 });
    await store.register({
      ...readyAgent('gone'),
      status: 'stopped',
      expiresAt: Math.floor(Date.now() / 1000) - 60,
    });
    await tick(ports(), config, 'a');
    expect(await statuses()).toEqual({ ready: 1, lost: 1 });
  });

  test('of decisions can be read back and decided again', async () => {
    await readyAgents(2);
    const unordered = { ...config, ordering: 'none' as const };
    for (const visible of [0, 3, 7]) await tick(ports(backlogOf(visible)), unordered, 'a');
    const records = await store.decisions(0);
    expect(records.map(({ decision }) => decision.kind)).toEqual(['scale-in', 'scale-out', 'scale-out']);
    for (const record of records) expect(replay(record).decision).toEqual(record.decision);
  });
});

describe('memory', () => {
  test('of the forecaster and of an operator survives from tick to tick, and from process to process', async () => {
    desired = 2;
    running = 2;
    await tick(ports(backlogOf(5)), { ...config, min: 2 }, 'a');
    const mode = { kind: 'paused', by: 'night shift', atMs: 1 } as const;
    const overrides = dynamoOverrides(stack.table, config.name);
    await overrides.put({ kind: 'mode', by: 'night shift', atMs: 1, mode }, await overrides.read());
    const other = dynamoPoolStore(stack.table, config.name);
    const result = await tick(ports({ ...backlogOf(50), store: other }), { ...config, min: 2 }, 'a');
    expect(result).toMatchObject({
      record: {
        mode: { kind: 'paused', by: 'night shift' },
        decision: { kind: 'hold', reason: { code: 'Paused' } },
        state: { forecast: { sample: { inSystem: 5 } } },
      },
    });
    const held = await other.acquireLease('a', Date.now(), 1_000);
    expect(held).toMatchObject({
      mode: { kind: 'paused' },
      state: { forecast: { sample: { inSystem: 50 } } },
    });
  });

  test('of what is over is removed', async () => {
    const held = await store.acquireLease('a', Date.now(), 1_000);
    if (held.kind !== 'held') throw new Error('not held');
    await store.saveState(held.lease, {
      ...held.state,
      blocked: { atMs: 1, count: 2 },
      overdue: { sinceMs: 1, count: 2 },
    });
    await store.saveState(held.lease, held.state);
    const again = await store.acquireLease('a', Date.now(), 1_000);
    expect(again).toMatchObject({ state: held.state });
    expect(again).not.toHaveProperty('state.blocked');
    expect(again).not.toHaveProperty('state.overdue');
  });

  test('of a forecaster that is not understood is forgotten, and the pool is scaled on', async () => {
    const held = await store.acquireLease('a', Date.now(), 1_000);
    if (held.kind !== 'held') throw new Error('not held');
    await store.saveState(held.lease, { ...held.state, forecast: { version: 0 } as never });
    expect(await store.acquireLease('a', Date.now(), 1_000)).not.toHaveProperty('state.forecast');
  });
});

describe('history', () => {
  test('is kept by day and minute, and read back with its gaps', async () => {
    const history = dynamoHistory(stack.table, config.name, systemClock);
    const of = (at: string, arrivals: number) => ({
      minute: Date.parse(at) / 60_000,
      arrivals,
      completed: 1,
      durationMs: 5,
    });
    await history.add([of('2026-01-05T23:59Z', 3), of('2026-01-06T00:00Z', 4)]);
    await history.add([of('2026-01-06T00:00Z', 5), of('2026-01-06T00:02Z', 6)]);
    const days = await history.days(0);
    expect(days.map(({ day }) => day)).toEqual([
      Date.UTC(2026, 0, 5) / 86_400_000,
      Date.UTC(2026, 0, 6) / 86_400_000,
    ]);
    expect(days[0]?.arrivals[1439]).toBe(3);
    expect(days[1]?.arrivals.slice(0, 4)).toEqual([5, undefined, 6, undefined]);
  });

  test('is written by the tick, ten minutes at once, and what cannot be written is kept', async () => {
    const written: number[] = [];
    let broken = true;
    const history = {
      days: async () => [],
      add: async (minutes: readonly { readonly arrivals: number }[]) => {
        if (broken) throw new Error('throttled');
        written.push(...minutes.map(({ arrivals }) => arrivals));
      },
    };
    const startMs = Math.ceil(Date.now() / 60_000) * 60_000;
    for (let look = 0; look <= 16; look++) {
      const clock = { ...systemClock, now: () => startMs + look * 60_000 };
      if (look === 15) broken = false;
      await tick(ports({ ...backlogOf(3 * look), clock, history }), { ...config, max: 0 }, 'a');
    }
    expect(written.length).toBeGreaterThanOrEqual(10);
    expect(new Set(written)).toEqual(new Set([3]));
    expect(telemetry.historyNotSaved).toHaveBeenCalled();
  });
});

describe('pools under one ceiling', () => {
  test('know what the others have and want, and nothing of pools beside it', async () => {
    const ceiling = (priority: number) => ({ name: 'gpu', max: 20, priority });
    const [low, high, apart] = [
      pool({ name: `low-${pools}`, ceiling: ceiling(0) }),
      pool({ name: `high-${pools}`, ceiling: ceiling(9) }),
      pool({ name: `apart-${pools}` }),
    ];
    const all = [low, high, apart];
    await tick(
      ports({ ...backlogOf(30), store: dynamoPoolStore(stack.table, high.name) }),
      { ...high, max: 12 },
      'a',
    );
    const beside = dynamoNeighbours(stack.table, low, all);
    expect(await beside.read()).toEqual([
      { pool: high.name, priority: 9, desired: 12, wanted: expect.any(Number) },
    ]);
    expect(await dynamoNeighbours(stack.table, apart, all).read()).toEqual([]);
    expect(await dynamoNeighbours(stack.table, high, all).read()).toEqual([]);
  });
});
