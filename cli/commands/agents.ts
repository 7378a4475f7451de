import { viewPool } from '../../shared/views/pool-view.ts';
import { agentsTable } from '../agents-table.ts';
import { command } from '../command.ts';
import { findPools } from '../stack.ts';

export const agents = command({
  examples: [['agents support', 'list the agents of one pool']],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', describe: 'name of the pool (default: all pools)' },
  },
  async run({ pool, wide, ...stack }) {
    const views = await Promise.all((await findPools({ ...stack }, pool)).map(viewPool));
    const value = views.flatMap(({ name, agents }) => agents.map((agent) => ({ pool: name, ...agent })));
    const text = value.length === 0 ? 'no live agents' : agentsTable(value, { wide, nowMs: Date.now() });
    return { text, value };
  },
});
