import { openContexts, type PoolAddress } from '../../shared/aws/open-pool.ts';
import { AgentpoolSaver } from './saver.ts';

/**
 * A checkpointer on a deployed pool's contexts, for graphs that run elsewhere. It uses the credentials and the region
 * of the environment, and reads and writes the same contexts as the pool's own agents.
 */
export function awsCheckpointer(address: Omit<PoolAddress, 'queueUrl'>): AgentpoolSaver {
  const { contexts, store } = openContexts(address);
  return new AgentpoolSaver({
    contexts,
    async *ids() {
      for await (const { contextId } of store.heads()) yield contextId;
    },
  });
}
