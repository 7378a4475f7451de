import { DescribeServicesCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { ecsClient } from '../../shared/aws/clients.ts';
import { startTestStack, type TestStack } from './stack.ts';

/** For a file of tests: deployments while two agents, which are real processes, work and the real scaler ticks. */
export function deployedPool() {
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

  /** Waits until two agents are ready, or busy, and the deployment is completed. */
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

  return { stack: () => stack, soon, agents, send, describeService, settled };
}
