import { viewPool } from '../../shared/views/pool-view.ts';
import { command } from '../command.ts';
import { findPools } from '../stack.ts';
import { table } from '../table.ts';
import { duration } from '../time.ts';

/** Enough of an ID to name its agent in other commands. */
const ID_CHARACTERS = 8;
const KIBIBYTE = 1024;

export const agents = command({
  examples: [['agents support', 'list the agents of one pool']],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', describe: 'name of the pool (default: all pools)' },
  },
  async run({ pool, wide, ...stack }) {
    const views = await Promise.all((await findPools({ ...stack }, pool)).map(viewPool));
    const nowMs = Date.now();
    const value = views.flatMap(({ name, agents }) => agents.map((agent) => ({ pool: name, ...agent })));
    const rows = value.map((agent) => [
      wide ? agent.id : agent.id.slice(0, ID_CHARACTERS),
      agent.pool,
      agent.status,
      duration(nowMs - agent.statusSinceMs),
      (agent.taskIds.join(', ') || undefined) ?? agent.problem?.split('\n')[0],
      `${Math.round(agent.contextBytes / KIBIBYTE)} KB`,
      duration(nowMs - agent.launchedAtMs),
    ]);
    const header = ['agent', 'pool', 'status', 'for', 'task', 'context', 'age'];
    return { text: rows.length === 0 ? 'no live agents' : table(header, rows), value };
  },
});
