import { openContexts } from '../../shared/aws/open-pool.ts';
import { listedContexts } from '../../shared/contexts/listed-contexts.ts';
import type { PoolAddress } from '../../shared/tasks/address.ts';
import { AgentpoolSaver, type SaverOptions } from './saver.ts';

/** Without options, by address: all checkpointers of a pool are one, so that its writers take turns. */
const opened = new Map<string, AgentpoolSaver>();

/**
 * A checkpointer on a deployed pool's contexts, for graphs that run elsewhere. It uses the credentials and the region
 * of the environment, and reads and writes the same contexts as the pool's own agents.
 */
export function awsCheckpointer(
  { pool, tableName, bucketName }: Omit<PoolAddress, 'queueUrl'>,
  options?: SaverOptions,
): AgentpoolSaver {
  const address = { pool, tableName, bucketName };
  const key = JSON.stringify(address);
  const known = options ? undefined : opened.get(key);
  if (known) return known;
  const { contexts, objects, clock } = openContexts(address);
  const ids = async function* () {
    for await (const { contextId } of listedContexts(objects, pool)) yield contextId;
  };
  const saver = new AgentpoolSaver({ contexts, ids, clock }, options);
  if (!options) opened.set(key, saver);
  return saver;
}
