// Covers: agent/worker.ts
import { expect, test } from 'vitest';
import { type Agent, createShutdown, type ShutdownCause } from '../../agent/agent.ts';
import { runAgent } from '../../agent/worker.ts';
import { instance, NOW_MS, pool } from './build.ts';
import { virtualClock } from './virtual-clock.ts';

/** Starts an agent whose protection answers as given; ends it once it's ready. */
async function start(protect: (seconds: number) => boolean | Error): Promise<{
  readonly cause: ShutdownCause;
  readonly seconds: number;
}> {
  const clock = virtualClock();
  const shutdown = createShutdown();
  const elapsed = () => (clock.now() - NOW_MS) / 1000;
  const agent = {
    config: pool({ startTimeoutSeconds: 300 }),
    identity: { id: 'new', revision: 'a:2', launchedAtMs: NOW_MS },
    shutdown,
    loadHandler: async () => async () => ({ result: 1 }),
    ports: {
      clock,
      store: {
        register: async () => {},
        heartbeat: async () => instance({ status: 'starting' }),
        transition: async (_id: string, event: string) => {
          if (event === 'ready') shutdown.request('SIGTERM');
          return { kind: 'applied', instance: instance() };
        },
      },
      limits: { usage: () => ({}) },
      protection: {
        async protect() {
          const answer = protect(elapsed());
          if (answer instanceof Error) throw answer;
          return answer;
        },
        release: async () => {},
      },
      prefetch: async () => {},
      log: { info: () => {}, warn: () => {} },
    },
  } as unknown as Agent;
  const cause = await runAgent(agent);
  return { cause, seconds: elapsed() };
}

test('an agent that ECS refuses protection waits as long as the deployment lasts, for hours if need be', async () => {
  const { cause, seconds } = await start((at) => at > 7_200);
  expect(cause).toBe('SIGTERM');
  expect(seconds).toBeGreaterThan(7_200);
});

test('an agent that cannot ask for protection exits after the start timeout', async () => {
  const { cause, seconds } = await start(() => new Error('no answer'));
  expect(cause).toBe('not ready in time');
  expect(seconds).toBeLessThan(320);
});
