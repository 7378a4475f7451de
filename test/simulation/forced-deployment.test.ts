// Covers: shared/core/summarize-agents.ts, shared/core/surplus.ts
import { expect, test } from 'vitest';
import { pool } from '../unit/build.ts';
import { runLive } from './live-pool.ts';

const config = pool({ min: 2, max: 2, taskTimeoutSeconds: 3_600 });

test('a deployment that keeps the task definition starts one agent for each, however long an old one is at work', async () => {
  const { ends, launched } = await runLive(config, {
    sent: [{ atSeconds: 1, payload: null }],
    handler: async (_task, { sleep }) => sleep(1_800),
    deployAtSeconds: 60,
  });
  expect(ends).toEqual(['done']);
  expect(launched).toBe(2 + 2);
});
