import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Compaction, CompactionStore } from '../ports/compaction-store.ts';
import { compactionItem } from './dynamo-items.ts';
import type { Table } from './dynamo-table.ts';
import { compactionKey } from './keys.ts';

/** How far a pool's compaction has got, as an item next to its state. One of another shape starts over. */
export function dynamoCompaction({ dynamo, table }: Table, pool: string): CompactionStore {
  const key = compactionKey(pool);
  return {
    async load() {
      const { Item: item } = await dynamo.send(
        new GetCommand({ TableName: table, Key: key, ConsistentRead: true }),
      );
      return compactionItem.safeParse(item).data as Compaction | undefined;
    },
    async save(compaction) {
      await dynamo.send(new PutCommand({ TableName: table, Item: { ...key, ...compaction } }));
    },
  };
}
