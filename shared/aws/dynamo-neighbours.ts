import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import type { PoolConfig } from '../core/pool/config.ts';
import { neighbour, neighboursOf } from '../core/pool/neighbours.ts';
import type { Neighbours } from '../ports/neighbours.ts';
import { parseState } from './dynamo-items.ts';
import type { Table } from './dynamo-table.ts';
import { PARTITIONS, stateKey } from './keys.ts';

/** The pools that share a ceiling or a limit with a pool, from their states. One without a first tick has no agents yet. */
export function dynamoNeighbours(
  { dynamo, table }: Table,
  own: PoolConfig,
  pools: readonly PoolConfig[],
): Neighbours {
  const others = neighboursOf(own, pools);
  return {
    async read() {
      if (others.length === 0) return [];
      const keys = others.map((pool) => stateKey(pool.name));
      const { Responses, UnprocessedKeys } = await dynamo.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }),
      );
      if (UnprocessedKeys?.[table]) throw new Error('DynamoDB did not read every state');
      const items = Responses?.[table] ?? [];
      return others.flatMap((pool) => {
        const item = items.find(({ pk }) => pk === PARTITIONS.pool(pool.name));
        return item ? [neighbour(own, pool, parseState(item).state)] : [];
      });
    },
  };
}
