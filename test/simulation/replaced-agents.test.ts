// Covers: shared/core/summarize-agents.ts, shared/core/surplus.ts
import { expect, test } from 'vitest';
import type { EcsService } from '../../sim/aws/ecs-service.ts';
import { pool } from '../unit/build.ts';
import { runLive } from './live-pool.ts';

const config = pool({ min: 2, max: 2, taskTimeoutSeconds: 3_600 });

test.each<[string, (service: EcsService) => unknown]>([
  ['a deployment that keeps the task definition', (service) => service.deploy()],
  ['an instance that drains', (service) => service.drain(service.live)],
])('%s starts one agent for each, however long an old one is at work', async (_name, what) => {
  const { ends, launched } = await runLive(config, {
    sent: [{ atSeconds: 1, payload: null }],
    handler: async (_task, { sleep }) => sleep(1_800),
    happens: { atSeconds: 60, what },
  });
  expect(ends).toEqual(['done']);
  expect(launched).toBe(2 + 2);
});
