import { dynamoClient, s3Client } from '../../shared/aws/clients.ts';
import { systemClock } from '../../shared/aws/clock.ts';
import { dynamoContexts, dynamoPatterns } from '../../shared/aws/dynamo-contexts.ts';
import { s3Objects } from '../../shared/aws/s3-objects.ts';
import type { PoolAddress } from '../../shared/aws/task-client.ts';
import { contexts } from '../../shared/contexts/contexts.ts';
import { patterns } from '../../shared/contexts/patterns.ts';
import { AgentpoolSaver } from './saver.ts';

/**
 * A checkpointer on a deployed pool's contexts, for graphs that run elsewhere, with the credentials and the region of the
 * environment. It reads and writes what the pool's own agents do.
 */
export function awsCheckpointer({
  pool,
  tableName,
  bucketName,
}: Omit<PoolAddress, 'queueUrl'>): AgentpoolSaver {
  const table = { dynamo: dynamoClient(), table: tableName };
  const objects = s3Objects(s3Client(), bucketName);
  const store = dynamoContexts(table, pool);
  const known = patterns(pool, { store: dynamoPatterns(table, pool), objects, nowMs: systemClock.now });
  return new AgentpoolSaver({
    contexts: contexts(pool, { store, objects, clock: systemClock, patterns: known }),
    async *ids() {
      for await (const { contextId } of store.heads()) yield contextId;
    },
  });
}
