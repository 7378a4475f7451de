import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dynamoTaskStore } from '../../shared/aws/dynamo-task-store.ts';
import { startTestStack, type TestStack } from './stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close());

test('a start that is repeated after another delivery has begun does not return that one’s attempt', async () => {
  const sent = { id: 't', sentAtMs: 1 };
  const begin = (store: TestStack['tasks'], deliveryId: string) =>
    store.begin(sent, { agentId: `agent of ${deliveryId}`, deliveryId, nowMs: 5, takesOver: 1 });
  await begin(stack.tasks, 'first');
  // The repeated write is refused; before its record is read, another agent receives the message.
  const { dynamo, table } = stack.table;
  const overtaken = new Proxy(dynamo, {
    get: (target, name) =>
      name === 'send'
        ? async (command: Parameters<typeof dynamo.send>[0]) => {
            if (command instanceof GetCommand) await begin(stack.tasks, 'second');
            return target.send(command);
          }
        : Reflect.get(target, name),
  });
  const running = { attempts: 2, agentId: 'agent of second' };
  expect(await begin(dynamoTaskStore({ dynamo: overtaken, table }, 'test'), 'first')).toMatchObject({
    kind: 'running',
    task: running,
  });
  expect(await stack.tasks.get('t')).toMatchObject(running);
});
