import { lookAtPool, type PoolNow } from '../shared/aws/look-at-pool.ts';
import type { connectPool } from '../shared/aws/open-pool.ts';
import { type DecisionRecord, desiredAfter } from '../shared/core/decision-record.ts';
import { readValue } from '../shared/tasks/values.ts';
import { narrate } from '../shared/views/narrate.ts';
import type { DecisionTold, Source, TaskTold } from './source.ts';

type Pool = ReturnType<typeof connectPool>;

/** What every source reads through the AWS clients, wherever these lead. */
export function awsViews(pools: readonly Pool[]): Pick<Source, 'look' | 'decisions' | 'task' | 'context'> {
  return {
    look: (): Promise<readonly PoolNow[]> => Promise.all(pools.map(lookAtPool)),

    async decisions(afterMs) {
      const each = await Promise.all(pools.map(({ store }) => store.decisions(afterMs)));
      return each
        .flat()
        .map(told)
        .toSorted((a, b) => a.atMs - b.atMs);
    },

    async task(id) {
      for (const pool of pools) {
        const record = await pool.tasks.get(id);
        if (record === undefined) continue;
        const { contextId, attempts, sentAtMs, startedAtMs, status } = record;
        const result = record.status === 'done' ? await readValue(pool.objects, record.result) : undefined;
        return {
          pool: pool.pool.name,
          id,
          status,
          attempts,
          sentAtMs,
          ...(contextId !== undefined && { contextId }),
          ...(startedAtMs !== undefined && { startedAtMs }),
          ...('endedAtMs' in record && { endedAtMs: record.endedAtMs }),
          ...(record.status === 'failed' && { reason: record.reason }),
          ...(record.lastFailure !== undefined && { reason: record.lastFailure }),
          ...(result !== undefined && { result }),
        } satisfies TaskTold;
      }
      return undefined;
    },

    async context(name, id) {
      const pool = pools.find((each) => each.pool.name === name);
      const restored = await pool?.contexts.restore(id);
      return restored?.value;
    },
  };
}

function told(record: DecisionRecord): DecisionTold {
  const { observation, decision } = record;
  return {
    pool: observation.pool,
    atMs: observation.atMs,
    kind: decision.kind,
    desired: desiredAfter(record),
    reason: decision.reason.text,
    code: decision.reason.code,
    story: narrate(record),
  };
}
