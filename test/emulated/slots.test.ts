// Covers: agent/work-on.ts, agent/own-record.ts, agent/poll.ts
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { AgentPorts } from '../../agent/agent.ts';
import type { AgentHandler } from '../../agent/handler.ts';
import { tasksOf } from '../../shared/core/pool/agent-instance.ts';
import { AGENT_POOL, agentsOf, counting } from './agents.ts';
import { startTestStack, type TestStack } from './stack.ts';

let stack: TestStack;
let agents: ReturnType<typeof agentsOf>;

beforeAll(async () => {
  stack = await startTestStack({ ...AGENT_POOL, taskTimeoutSeconds: 60, concurrency: 4 });
  agents = agentsOf(stack);
});
afterEach(() => agents.stopAll());
afterAll(() => stack.close());

const record = async (id: string) => {
  const found = await stack.store.instance(id);
  if (!found) throw new Error(`no agent ${id}`);
  return found;
};
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 60_000 });
const hasTasks = (id: string, count: number) =>
  eventually(async () => expect(tasksOf(await record(id))).toBe(count));
/** Until the agent has written its record for so long, as a sign that it could have done something else meanwhile. */
const goesOn = async (id: string, ms: number) => {
  const sinceMs = Date.now();
  await eventually(async () => expect((await record(id)).heartbeatAtMs).toBeGreaterThan(sinceMs + ms));
};
const send = (...payloads: readonly unknown[]) =>
  stack.client.sendTasks(payloads.map((payload) => ({ payload })));
const done = async (ids: readonly string[], attempts: number) => {
  for (const id of ids)
    expect(await stack.client.waitForTask(id, 60_000)).toMatchObject({
      status: 'done',
      record: { attempts },
    });
};

/** A handler whose tasks run until they're released, and which of them have started. */
function gated() {
  const started: unknown[] = [];
  const gates = new Map<unknown, () => void>();
  let isOpen = false;
  const handler: AgentHandler = async ({ payload }, _context, { signal }) => {
    started.push(payload);
    if (!isOpen)
      await new Promise<void>((resolve, reject) => {
        gates.set(payload, resolve);
        signal.addEventListener('abort', reject);
      });
    return { result: payload };
  };
  return {
    handler,
    started,
    letGo: (payload: unknown) => gates.get(payload)?.(),
    letAllGo() {
      isOpen = true;
      for (const open of gates.values()) open();
    },
  };
}

test('an agent with four slots runs four tasks at once, and a fifth when one of them has ended', async () => {
  const { handler, started, letGo, letAllGo } = gated();
  const agent = agents.start(handler);
  const ids = await send(1, 2, 3, 4, 5);
  await hasTasks(agent.id, 4);
  await goesOn(agent.id, 500);
  expect(started).toHaveLength(4);
  expect(await stack.queue.counts()).toMatchObject({ visible: 1, inFlight: 4 });
  expect(await record(agent.id)).toMatchObject({ status: 'busy', slots: 4 });
  letGo(started[0]);
  await eventually(async () => expect(started).toHaveLength(5));
  letAllGo();
  await done(ids, 1);
  await eventually(async () => expect(await record(agent.id)).toMatchObject({ status: 'ready', tasks: {} }));
});

test('an agent takes on the slots that an operator gives it, and gives up those that are taken away', async () => {
  const { handler, started, letGo, letAllGo } = gated();
  const agent = agents.start(handler);
  const ids = await send(1, 2, 3, 4, 5, 6, 7);
  await hasTasks(agent.id, 4);
  await stack.store.setSlots(agent.id, 6);
  await hasTasks(agent.id, 6);
  await stack.store.setSlots(agent.id, 2);
  await goesOn(agent.id, 200);
  for (const payload of started.slice(0, 3)) letGo(payload);
  await hasTasks(agent.id, 3);
  await goesOn(agent.id, 500);
  expect(started).toHaveLength(6);
  letAllGo();
  await done(ids, 1);
});

test('an agent that has to stop returns all its tasks at once, without counting a failed attempt', async () => {
  const agent = agents.start(gated().handler);
  const ids = await send(1, 2, 3, 4);
  await eventually(async () => {
    for (const id of ids) expect((await stack.tasks.get(id))?.status).toBe('running');
  });
  agent.shutdown.request('SIGTERM');
  expect(await agent.ended).toBe('SIGTERM');
  const { status, interruptedTasks, tasks } = await record(agent.id);
  expect([status, interruptedTasks?.toSorted(), tasks]).toEqual(['stopped', ids.toSorted(), {}]);
  for (const id of ids)
    expect(await stack.tasks.get(id)).toMatchObject({ status: 'queued', attempts: 1, returned: 1 });
  agents.start(counting);
  await done(ids, 2);
});

test('a handler that hangs costs its own task only: the others end, and then the agent', async () => {
  const { handler, letAllGo, started } = gated();
  const hangs: AgentHandler = (task, ...rest) =>
    task.payload === 'hangs' && task.attempt === 1 ? new Promise(() => {}) : handler(task, ...rest);
  const agent = agents.start(hangs);
  const [hanging = ''] = await send('hangs');
  await hasTasks(agent.id, 1);
  // The others must not time out before the agent has noticed.
  await goesOn(agent.id, 1_000);
  const others = await send(1, 2, 3);
  await eventually(async () => expect(started).toHaveLength(3));
  await eventually(async () => expect(agent.shutdown.cause()).toBe('handler stuck'));
  const late = await send('late');
  await goesOn(agent.id, 200);
  expect(started).not.toContain('late');
  letAllGo();
  expect(await agent.ended).toBe('handler stuck');
  await done(others, 1);
  expect(await record(agent.id)).toMatchObject({ status: 'stopped', tasks: {} });
  expect(await record(agent.id)).not.toHaveProperty('interruptedTasks');
  expect(await stack.tasks.get(hanging)).toMatchObject({ status: 'queued', attempts: 1 });
  agents.start(hangs);
  await done(late, 1);
  await done([hanging], 2);
});

test('an agent that drains at work takes nothing, ends its tasks, and exits once the count has been lowered', async () => {
  const { handler, started, letAllGo } = gated();
  const agent = agents.start(handler);
  const ids = await send(1, 2);
  await hasTasks(agent.id, 2);
  await stack.store.transition(agent.id, 'retire', { nowMs: Date.now() });
  const left = await send('left');
  await goesOn(agent.id, 1_000);
  expect(started).toHaveLength(2);
  expect(await record(agent.id)).toMatchObject({ status: 'draining' });
  letAllGo();
  await done(ids, 1);
  await hasTasks(agent.id, 0);
  await goesOn(agent.id, 500);
  expect(agent.shutdown.cause()).toBeUndefined();
  await stack.store.transition(agent.id, 'drain', { nowMs: Date.now(), changes: { drainGeneration: 1 } });
  expect(await agent.ended).toBe('drained');
  expect(await stack.tasks.get(left[0] as string)).toMatchObject({ status: 'queued', attempts: 0 });
  agents.start(counting);
  await done(left, 1);
});

test('an agent whose drain is taken back takes tasks again, beside those that it still has', async () => {
  const { handler, started, letAllGo } = gated();
  const agent = agents.start(handler);
  const first = await send(1);
  await hasTasks(agent.id, 1);
  await stack.store.transition(agent.id, 'retire', { nowMs: Date.now() });
  await goesOn(agent.id, 500);
  const second = await send(2);
  await stack.store.transition(agent.id, 'resume', { nowMs: Date.now(), unless: 'drainGeneration' });
  await eventually(async () => expect(started).toHaveLength(2));
  letAllGo();
  await done([...first, ...second], 1);
});

/** Ports whose calls fail from the moment of the kill: nothing of the agent leaves its process any more. */
function untilKilled(signal: AbortSignal): Partial<AgentPorts> {
  const cut = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const call: unknown = Reflect.get(target, name);
        if (typeof call !== 'function') return call;
        return (...given: unknown[]) =>
          signal.aborted ? Promise.reject(new Error('killed')) : call.apply(target, given);
      },
    });
  const { queue, store, tasks } = stack;
  return { queue: cut(queue), store: cut(store), tasks: cut(tasks) };
}

test('the tasks of an agent that was killed are all redelivered, and each takes effect once', async () => {
  const kill = new AbortController();
  const { handler } = gated();
  const killed = agents.start(handler, untilKilled(kill.signal));
  const tasks = ['a', 'b', 'c', 'd'].map((contextId) => ({ contextId, payload: contextId }));
  const ids = await stack.client.sendTasks(tasks);
  await eventually(async () => {
    for (const id of ids) expect((await stack.tasks.get(id))?.status).toBe('running');
  });
  kill.abort();
  killed.shutdown.request('SIGTERM');
  await killed.ended;
  expect(tasksOf(await record(killed.id))).toBe(4);
  agents.start(counting);
  await done(ids, 2);
  for (const [index, { contextId }] of tasks.entries())
    expect((await stack.contexts.restore(contextId)).value).toEqual({ turns: [ids[index]] });
  await eventually(async () => expect(await stack.queue.counts()).toMatchObject({ visible: 0, inFlight: 0 }));
});
