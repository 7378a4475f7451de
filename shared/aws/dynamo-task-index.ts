import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from './dynamo-table.ts';
import { failedPartition, idIn, OPEN_INDEX, OPEN_PARTITIONS, openPartition, PARTITIONS } from './keys.ts';

/** Which of a pool's tasks haven't ended, and which failed: the index by which they're found without reading all. */
export function dynamoTaskIndex({ dynamo, table }: Table, pool: string) {
  return {
    open: (which: 'oldest' | 'latest', atMost: number) => listed(openPartition, which, atMost),
    failed: (atMost: number) => listed(failedPartition, 'latest', atMost),
  };

  /** IDs of tasks in the index's partitions of a kind. */
  async function listed(
    partition: (pool: string, index: number) => string,
    which: 'oldest' | 'latest',
    atMost: number,
  ): Promise<readonly string[]> {
    const ids = await Promise.all(
      Array.from({ length: OPEN_PARTITIONS }, (_, index) => idsIn(partition(pool, index), which, atMost)),
    );
    const chosen = ids
      .flat()
      .toSorted((a, b) => (which === 'oldest' ? a.sentAtMs - b.sentAtMs : b.sentAtMs - a.sentAtMs))
      .slice(0, atMost);
    return chosen.map(({ id }) => id);
  }

  /** IDs and times in one partition of the index. It has only keys, so that a task's progress doesn't write to it. */
  async function idsIn(
    partition: string,
    which: 'oldest' | 'latest',
    atMost: number,
  ): Promise<readonly { readonly id: string; readonly sentAtMs: number }[]> {
    const { Items: items = [] } = await dynamo.send(
      new QueryCommand({
        TableName: table,
        IndexName: OPEN_INDEX.name,
        KeyConditionExpression: '#openIn = :openIn',
        ExpressionAttributeNames: { '#openIn': OPEN_INDEX.partition },
        ExpressionAttributeValues: { ':openIn': partition },
        ScanIndexForward: which === 'oldest',
        Limit: atMost,
      }),
    );
    return items.map((item) => ({
      id: idIn(String(item['pk']), PARTITIONS.tasks(pool)),
      sentAtMs: Number(item['sentAtMs']),
    }));
  }
}
