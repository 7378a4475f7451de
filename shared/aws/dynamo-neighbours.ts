import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import type { Neighbour } from '../core/observation.ts';
import type { PoolConfig } from '../core/pool/config.ts';
import type { Neighbours } from '../ports/neighbours.ts';
import { parseState } from './dynamo-items.ts';
import type { Table } from './dynamo-table.ts';
import { PARTITIONS, stateKey } from './keys.ts';

/** The other pools under a pool's ceiling, from their states. A pool without a first tick has no agents yet. */
export function dynamoNeighbours(
  { dynamo, table }: Table,
  { name, ceiling }: PoolConfig,
  pools: readonly PoolConfig[],
): Neighbours {
  const others = pools.filter((pool) => pool.name !== name && ceiling && pool.ceiling?.name === ceiling.name);
  return {
    async read() {
      if (others.length === 0) return [];
      const keys = others.map((pool) => stateKey(pool.name));
      const { Responses, UnprocessedKeys } = await dynamo.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }),
      );
      if (UnprocessedKeys?.[table]) throw new Error('DynamoDB did not read every state');
      const items = Responses?.[table] ?? [];
      return others.flatMap((pool) =>
        neighbour(
          pool,
          items.find((item) => item['pk'] === PARTITIONS.pool(pool.name)),
        ),
      );
    },
  };
}

function neighbour(pool: PoolConfig, item: unknown): Neighbour[] {
  if (item === undefined) return [];
  const { state } = parseState(item);
  const desired = state.desired ?? pool.min;
  return [
    { pool: pool.name, priority: pool.ceiling?.priority ?? 0, desired, wanted: state.wanted ?? desired },
  ];
}
