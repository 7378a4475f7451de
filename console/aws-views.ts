import type { OpenPool } from '../shared/aws/open-pool.ts';
import { type DecisionView, viewLogged } from '../shared/views/decision-view.ts';
import { viewPool } from '../shared/views/pool-view.ts';
import { viewTask } from '../shared/views/task-view.ts';
import type { Source } from './source.ts';

const DECISIONS_AT_MOST = 500;

/** The part of a source that reads through AWS clients, from AWS or from the local stack. */
export function awsViews(
  pools: readonly OpenPool[],
): Pick<Source, 'readPools' | 'decisions' | 'task' | 'context'> {
  return {
    readPools: () => Promise.all(pools.map(viewPool)),

    async decisions(name, afterMs) {
      const pool = pools.find((each) => each.pool.name === name);
      const views: DecisionView[] = [];
      for await (const logged of pool?.decisions.read({ afterMs }) ?? []) {
        views.push(viewLogged(name, logged));
        if (views.length === DECISIONS_AT_MOST) break;
      }
      return views;
    },

    async task(id) {
      for (const { pool, tasks, objects } of pools) {
        const record = await tasks.get(id);
        if (record !== undefined) return viewTask(pool.name, record, objects);
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
