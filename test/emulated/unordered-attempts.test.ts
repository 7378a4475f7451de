// Covers: agent/attempt.ts
import { afterAll, expect, test } from 'vitest';
import type { AgentHandler } from '../../agent/handler.ts';
import { agentsOf } from './agents.ts';
import { startTestStack } from './stack.ts';

/** A standard queue: tasks of one context run in any order, also at the same time. */
const stack = await startTestStack({ ordering: 'none', cooldownSeconds: 0, visibilitySeconds: 5 });
const agents = agentsOf(stack);
afterAll(async () => {
  await agents.stopAll();
  await stack.close();
});

test('two concurrent tasks of one context both take effect on it, once', async () => {
  let arrived = 0;
  let meet = () => {};
  const both = new Promise<void>((resolve) => {
    meet = resolve;
  });
  const runs: string[] = [];
  const handler: AgentHandler = async (task, context) => {
    const { turns = [] } = (context ?? {}) as { turns?: string[] };
    runs.push(task.id);
    if (task.payload === 'meet') {
      arrived += 1;
      if (arrived === 2) meet();
      // Both have read the same version of the context before either writes it.
      await both;
    }
    return { result: turns.length, context: { turns: [...turns, task.id] } };
  };
  agents.start(handler);
  agents.start(handler);
  const first = await stack.client.sendTask({ contextId: 'shared', payload: 'alone' });
  await stack.client.waitForTask(first, 30_000);
  const ids = await stack.client.sendTasks([1, 2].map(() => ({ contextId: 'shared', payload: 'meet' })));
  const results = await Promise.all(ids.map((id) => stack.client.waitForTask(id, 30_000)));
  expect(results.map((task) => task.status === 'done' && task.result).toSorted()).toEqual([1, 2]);
  const { version, value } = await stack.contexts.restore('shared');
  expect(version).toBe(3);
  expect((value as { turns: string[] }).turns.toSorted()).toEqual([first, ...ids].toSorted());
  // The one that came second ran again, on what the first had left.
  expect(runs).toHaveLength(4);
});
