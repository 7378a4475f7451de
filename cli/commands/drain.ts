import { isLive } from '../../shared/core/pool/status.ts';
import { CliError, EXIT } from '../answer.ts';
import { command } from '../command.ts';
import { findPools } from '../stack.ts';

export const drain = command({
  command: 'drain <agent>',
  describe: 'let one agent go, after its task; ECS starts another in its place',
  examples: [['drain 0a1b2c3d', 'the id of its ECS task, or how that begins']],
  positionals: ['agent'],
  options: {
    agent: { type: 'string', demandOption: true, describe: 'the agent' },
    pool: { type: 'string', describe: 'its pool' },
  },
  async run({ agent, pool: name, ...stack }) {
    const pools = await findPools({ ...stack }, name);
    const found = (
      await Promise.all(
        pools.map(async (pool) => {
          const { instances } = await pool.store.instances();
          const those = instances.filter(({ id, status }) => id.startsWith(agent) && isLive(status));
          return those.map((instance) => ({ pool, instance }));
        }),
      )
    ).flat();
    const [only, ...others] = found;
    if (!only)
      throw new CliError(
        `no agent that lives is called ${agent}: agentpool status tells which do`,
        EXIT.notFound,
      );
    if (others.length > 0)
      throw new CliError(`${found.length} agents begin with ${agent}: give more of its id`, EXIT.usage);
    const { store, fleet } = only.pool;
    const { id } = only.instance;
    // Its place in the desired count stays: nothing is to be lowered for it.
    const drained = await store.transition(id, 'drain', {
      nowMs: Date.now(),
      changes: { drainGeneration: 0 },
    });
    if (drained.kind === 'applied') await fleet.stop(id, 'let go by an operator');
    else await store.retire(id);
    const what = drained.kind === 'applied' ? 'drains' : 'ends after its task';
    return { text: `${id} ${what}`, value: { agent: id, pool: only.pool.pool.name, outcome: what } };
  },
});
