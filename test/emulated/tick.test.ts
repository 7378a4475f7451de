// Covers: shared/runtime/observe.ts, shared/runtime/act.ts, shared/core/decision-record.ts
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { sqsClient } from '../../shared/aws/clients.ts';
import { systemClock } from '../../shared/aws/clock.ts';
import { dynamoOverrides } from '../../shared/aws/dynamo-overrides.ts';
import { dynamoPoolStore } from '../../shared/aws/dynamo-pool-store.ts';
import { sqsQueue } from '../../shared/aws/sqs-queue.ts';
import { replay } from '../../shared/core/decision-record.ts';
import type { Fleet } from '../../shared/ports/fleet.ts';
import type { PoolStore } from '../../shared/ports/pool-store.ts';
import { type TickPorts, tick } from '../../shared/runtime/tick.ts';
import { startTestStack, type TestStack } from './stack.ts';
import { later, type TickedPool, tickedPool } from './ticked-pool.ts';

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
let backlogOf: TickedPool['backlogOf'];
let ports: TickedPool['ports'];
let readyAgent: TickedPool['readyAgent'];
let readyAgents: TickedPool['readyAgents'];
let claim: TickedPool['claim'];
let statuses: TickedPool['statuses'];
let decisions: TickedPool['decisions'];
beforeEach(() => {
  ({
    config,
    store,
    service,
    telemetry,
    fleet,
    backlogOf,
    ports,
    readyAgent,
    readyAgents,
    claim,
    statuses,
    decisions,
  } = tickedPool(stack));
});

describe('two scalers on one pool', () => {
  test('only one of two scalers ticks a pool at a time', async () => {
    await readyAgents(2);
    for (let round = 0; round < 50; round++) {
      const results = await Promise.all(
        ['a', 'b'].map((holder) => tick(ports(backlogOf(round)), config, holder)),
      );
      expect(results.map(({ kind }) => kind).toSorted()).toEqual(['not-ours', 'ticked']);
    }
  });

  test('a scaler that loses its lease while it decides writes nothing', async () => {
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

  test('a lease that was not released is free once it expires, and not before', async () => {
    await readyAgents(2);
    await tick(ports(), config, 'killed');
    expect((await tick(ports({ clock: later(7_000) }), config, 'next')).kind).toBe('not-ours');
    expect((await tick(ports({ clock: later(13_000) }), config, 'next')).kind).toBe('ticked');
  });
});

describe('a scale-in', () => {
  test('a scale-in drains ready agents, lifts their protection and lowers the desired count by their number', async () => {
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
    expect(service.desired).toBe(3);
  });

  test('a scale-in does not count an agent that claims a task meanwhile', async () => {
    await readyAgents(3);
    const racing: PoolStore = {
      ...store,
      async transition(id, event, step) {
        if (id === 'agent-1' && event === 'drain')
          await store.transition(id, 'claim', {
            nowMs: Date.now(),
            changes: { tasks: { task: Date.now() } },
          });
        return store.transition(id, event, step);
      },
    };
    await tick(ports({ store: racing }), config, 'a');
    // It planned to drain two: after a single empty tick, the last agent stays.
    expect(await statuses()).toEqual({ busy: 1, draining: 1, ready: 1 });
    expect(service.desired).toBe(2);
  });

  const broken = () => Promise.reject(new Error('broken'));
  test.each<[string, (healthy: TickPorts) => Partial<TickPorts>]>([
    ['lifting protection', ({ fleet }) => ({ fleet: { ...fleet, unprotect: broken } })],
    ['saving the state', ({ store }) => ({ store: { ...store, saveState: broken } })],
    ['setting the count', ({ fleet }) => ({ fleet: { ...fleet, setDesiredCount: broken } })],
  ])('a scale-in interrupted while %s is finished by the next tick', async (_step, breakIt) => {
    await readyAgents(6);
    await claim('agent-0');
    const failed = await tick(ports(breakIt(ports())), config, 'a');
    expect(failed).toMatchObject({ record: { outcome: { kind: 'failed', reason: 'Error: broken' } } });
    expect(service.desired).toBe(6);
    await tick(ports(), config, 'a');
    expect(service.desired).toBe(3);
    expect(await statuses()).toEqual({ busy: 1, ready: 2, draining: 3 });
  });
});

describe('what cannot be read', () => {
  test('a tick with an unreadable agent record goes on, reports it and keeps that agent', async () => {
    await readyAgents(3);
    await stack.table.dynamo.send(
      new UpdateCommand({
        TableName: stack.table.table,
        Key: { pk: `POOL#${config.name}#AGENTS`, sk: 'AGENT#agent-1' },
        UpdateExpression: 'SET #status = :nonsense',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':nonsense': 'nonsense' },
      }),
    );
    const result = await tick(ports(), config, 'a');
    expect(result).toMatchObject({
      record: { decision: { kind: 'scale-in', to: 1, victims: ['agent-0', 'agent-2'] } },
    });
    const [, unreadable] = vi.mocked(telemetry.tick).mock.calls[0] ?? [];
    expect(unreadable).toMatchObject([
      { key: `POOL#${config.name}#AGENTS/AGENT#agent-1`, reason: expect.stringContaining('status') },
    ]);
  });

  test('a tick fails with the name of the item and changes nothing when the pool state is unreadable', async () => {
    await readyAgents(3);
    const { dynamo, table } = stack.table;
    const Item = { pk: `POOL#${config.name}`, sk: 'STATE', generation: 'many' };
    await dynamo.send(new PutCommand({ TableName: table, Item }));
    await expect(tick(ports(), config, 'a')).rejects.toThrow(
      "the pool's STATE item cannot be read: generation",
    );
    expect(fleet.setDesiredCount).not.toHaveBeenCalled();
  });

  test('a pool whose queue does not exist is held, with the reason', async () => {
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
  test('a tick closes the records of unresponsive agents and deletes expired ones', async () => {
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

  test('a stored decision replays to the same decision', async () => {
    await readyAgents(2);
    const unordered = { ...config, ordering: 'none' as const };
    for (const visible of [0, 3, 7]) await tick(ports(backlogOf(visible)), unordered, 'a');
    const records = (await decisions()).toReversed();
    expect(records.map(({ decision }) => decision.kind)).toEqual(['scale-in', 'scale-out', 'scale-out']);
    for (const record of records) expect(replay(record).decision).toEqual(record.decision);
  });
});

test('the forecast and an operator override survive from tick to tick and from process to process', async () => {
  Object.assign(service, { desired: 2, running: 2 });
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

test('a tick writes history ten minutes at a time and keeps what could not be written', async () => {
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
  for (let index = 0; index <= 16; index++) {
    const clock = { ...systemClock, now: () => startMs + index * 60_000 };
    if (index === 15) broken = false;
    await tick(ports({ ...backlogOf(3 * index), clock, history }), { ...config, max: 0 }, 'a');
  }
  expect(written.length).toBeGreaterThanOrEqual(10);
  expect(new Set(written)).toEqual(new Set([3]));
  expect(telemetry.historyNotSaved).toHaveBeenCalled();
});
