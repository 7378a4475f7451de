import type { AgentView } from '../shared/views/pool-view.ts';
import { table } from './table.ts';
import { duration } from './time.ts';

/** Enough of an ID to name its agent in other commands. */
const ID_CHARACTERS = 8;
const KIBIBYTE = 1024;
const HEADER = ['agent', 'pool', 'status', 'for', 'slots', 'tasks', 'context', 'age'];

type Listed = AgentView & { readonly pool: string };
type Options = { readonly wide: boolean; readonly nowMs: number };

/** Agents as a table: what each one does, and for how long. */
export function agentsTable(agents: readonly Listed[], { wide, nowMs }: Options): (width: number) => string {
  return (width) => {
    const rows = agents.map((agent) => [
      wide ? agent.id : agent.id.slice(0, ID_CHARACTERS),
      agent.pool,
      agent.heldUpSinceMs === undefined ? agent.status : `${agent.status}, held up`,
      duration(nowMs - agent.statusSinceMs),
      `${agent.taskIds.length}/${agent.slots}`,
      tasksOf(agent, width),
      `${Math.round(agent.contextBytes / KIBIBYTE)} KB`,
      duration(nowMs - agent.launchedAtMs),
    ]);
    return table(HEADER, rows)(width);
  };
}

/** What it works on, or why it can't. A terminal has no room for the IDs of all slots. */
function tasksOf({ taskIds, problem }: AgentView, width: number): string | undefined {
  const [first, ...others] = taskIds;
  if (first === undefined) return problem?.split('\n')[0];
  if (others.length === 0) return first;
  return Number.isFinite(width) ? `${first} and ${others.length} more` : taskIds.join(', ');
}
