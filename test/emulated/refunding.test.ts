import { afterAll, expect, test } from 'vitest';
import { startTestStack } from './stack.ts';

const stack = await startTestStack({ handler: './agent/handlers/refunding.ts', min: 1, max: 1 }, 100);
afterAll(() => stack.close());

const resultOf = async (payload: object) => {
  const id = await stack.client.sendTask({ contextId: 'customer-7', payload });
  const task = await stack.client.waitForTask(id, 40_000);
  return task.status === 'done' ? task.result : task;
};

test('a graph that asks a person goes on with the answer, which comes as another task', async () => {
  const asked = await resultOf({ order: '8812' });
  expect(asked).toMatchObject({ __interrupt__: [{ value: 'Refund order 8812?' }] });
  expect(await resultOf({ resume: 'yes' })).toEqual({ order: '8812', outcome: 'refunded' });
});
