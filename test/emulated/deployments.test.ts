// Covers: cli/commands/deploy-agents.ts, cli/follow-deployment.ts, shared/core/surplus.ts
import { DescribeServicesCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { ecsClient } from '../../shared/aws/clients.ts';
import { startTestStack, type TestStack } from './stack.ts';

/** Deployments while agents, which are real processes, work and the real scaler ticks. */
let stack: TestStack;
let ticking: Promise<void>;
let isOver = false;

beforeAll(async () => {
  stack = await startTestStack(
    {
      handler: './agent/handlers/replay.ts',
      min: 2,
      max: 2,
      tickSeconds: 1,
      heartbeatSeconds: 1,
      cooldownSeconds: 0,
      stopTimeoutSeconds: 10,
    },
    10,
    // An agent has 15 seconds for its start.
    { healthCheckSecondMs: 50 },
  );
  ticking = tickUntilOver();
}, 120_000);
afterAll(async () => {
  isOver = true;
  await stack.close();
  await ticking;
});

async function tickUntilOver(): Promise<void> {
  while (!isOver) await stack.function('scale').invoke({});
}

const soon = <T>(holds: () => Promise<T>): Promise<T> => vi.waitFor(holds, { timeout: 100_000 });
const agents = async (...statuses: string[]) =>
  (await stack.store.instances()).instances.filter(({ status }) => statuses.includes(status));
const send = (durationSeconds: number) =>
  stack.client.sendTask({ payload: { durationSeconds, from: 0, messages: [] } });

async function describeService() {
  const { services: [found] = [] } = await ecsClient().send(
    new DescribeServicesCommand({
      cluster: stack.stack.outputs.clusterName,
      services: [stack.pool.service],
    }),
  );
  const { deployments: [primary] = [], events = [] } = found ?? {};
  return { ...found, primary, messages: events.map(({ message }) => message) };
}

/** Two agents are ready, or busy, and the deployment is completed. */
async function settled(): Promise<readonly string[]> {
  return soon(async () => {
    expect((await describeService()).primary?.rolloutState).toBe('COMPLETED');
    const live = await agents('starting', 'ready', 'busy', 'cooldown', 'draining');
    expect(live.map(({ status }) => status).filter((status) => status !== 'busy')).toEqual(
      Array(2 - live.filter(({ status }) => status === 'busy').length).fill('ready'),
    );
    return live.map(({ id }) => id);
  });
}

test('after a secret was rotated, deploy-agents replaces all agents and interrupts no task', async () => {
  const before = await settled();
  const { primary } = await describeService();
  // Longer than new agents take to get ready, so that they meet an old one at work.
  const long = await send(6);
  await soon(async () => expect(await agents('busy')).toHaveLength(1));

  const said: string[] = [];
  const output = {
    say: (text: string) => void said.push(text),
    warn: (text: string) => void said.push(text),
  };
  const args = ['deploy-agents', 'test', '--wait', '--outputs', stack.stack.outputsFile];
  expect(await run(args, output)).toBe(0);
  expect(said.join('\n')).toContain('every agent of test was replaced');

  expect(await stack.client.waitForTask(long, 60_000)).toMatchObject({
    status: 'done',
    record: { attempts: 1 },
  });
  const after = await settled();
  expect(after.filter((id) => before.includes(id))).toEqual([]);
  // All that stopped are the two of before, and no task was interrupted.
  const stopped = (await agents('stopped', 'lost')).map(({ id, status, interruptedTaskId }) => ({
    isOld: before.includes(id),
    status,
    interruptedTaskId,
  }));
  expect(stopped).toEqual(Array(2).fill({ isOld: true, status: 'stopped', interruptedTaskId: undefined }));
  // The task definition is the same.
  expect((await describeService()).taskDefinition).toBe(primary?.taskDefinition);
});
