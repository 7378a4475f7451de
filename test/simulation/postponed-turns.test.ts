// Covers: agent/poll.ts, agent/work-on.ts, agent/commit.ts
import { expect, test } from 'vitest';
import { RetryLater } from '../../agent/retry-later.ts';
import { pool } from '../unit/build.ts';
import { runLive } from './live-pool.ts';

const PUT_OFF_MS = 3_000_000;

test.each([1, 4])(
  'turns behind one that is put off for most of an hour are attempted as well, with %i slots',
  async (concurrency) => {
    const config = pool({ min: 1, max: 1, concurrency, retryLaterForSeconds: 3_600 });
    const firstMs = new Map<string, number>();
    const { ends } = await runLive(config, {
      sent: Array.from({ length: 4 }, (_, turn) => ({
        atSeconds: 1 + turn / 100,
        payload: turn,
        contextId: 'c',
      })),
      seconds: 20_000,
      handler: async ({ id }, { now }) => {
        const since = firstMs.get(id) ?? now();
        firstMs.set(id, since);
        if (now() - since < PUT_OFF_MS) throw new RetryLater({ afterSeconds: 1 });
      },
    });
    expect(ends).toEqual(['done', 'done', 'done', 'done']);
  },
);
