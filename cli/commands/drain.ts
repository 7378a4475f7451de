import { NEVER_LOWERED, tasksOf } from '../../shared/core/pool/agent-instance.ts';
import { isLive } from '../../shared/core/pool/status.ts';
import { command } from '../command.ts';
import { CliError, EXIT } from '../result.ts';
import { findPools } from '../stack.ts';

export const drain = command({
  examples: [['drain 0a1b2c3d', 'drain the agent whose ID starts with 0a1b2c3d']],
  positionals: ['agent'],
  options: {
    agent: {
      type: 'string',
      demandOption: true,
      describe: 'ID of the agent (of its ECS task), or its first characters',
    },
    pool: { type: 'string', describe: 'pool of the agent (default: all pools are searched)' },
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
      throw new CliError(`unknown agent "${agent}": agentpool agents lists the live ones`, EXIT.notFound);
    if (others.length > 0)
      throw new CliError(`"${agent}" is ambiguous: ${found.length} agents match`, EXIT.usage);
    const { store, fleet } = only.pool;
    const { id } = only.instance;
    // The desired count stays the same, so ECS starts a replacement.
    const step = { nowMs: Date.now(), changes: { drainGeneration: NEVER_LOWERED } };
    const drained = await store.transition(id, 'drain', step);
    const isIdle = drained.kind === 'applied' && tasksOf(drained.instance) === 0;
    if (isIdle) await fleet.stop(id, 'drained by an operator');
    if (drained.kind === 'refused') await store.transition(id, 'retire', step);
    const what = isIdle ? 'draining' : 'draining: it finishes its tasks first';
    return { text: `agent ${id} is ${what}`, value: { agent: id, pool: only.pool.pool.name, outcome: what } };
  },
});
