import { type AgentView, viewPool } from '../../shared/views/pool-view.ts';
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
    const rowsOf = (width: number) =>
      value.map((agent) => [
        wide ? agent.id : agent.id.slice(0, ID_CHARACTERS),
        agent.pool,
        agent.heldUpSinceMs === undefined ? agent.status : `${agent.status}, held up`,
        duration(nowMs - agent.statusSinceMs),
        `${agent.taskIds.length}/${agent.slots}`,
        tasksOf(agent, width),
        `${Math.round(agent.contextBytes / KIBIBYTE)} KB`,
        duration(nowMs - agent.launchedAtMs),
      ]);
    const header = ['agent', 'pool', 'status', 'for', 'slots', 'tasks', 'context', 'age'];
    return {
      text: value.length === 0 ? 'no live agents' : (width) => table(header, rowsOf(width))(width),
      value,
    };
  },
});

/** What it works on, or why it can't. A terminal has no room for the IDs of all slots. */
function tasksOf({ taskIds, problem }: AgentView, width: number): string | undefined {
  const [first, ...others] = taskIds;
  if (first === undefined) return problem?.split('\n')[0];
  if (others.length === 0) return first;
  return Number.isFinite(width) ? `${first} and ${others.length} more` : taskIds.join(', ');
}
