import { DeleteCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { TaskRecord } from '../core/pool/task-record.ts';
import type { ContextTasks } from '../ports/context-tasks.ts';
import type { Table } from './dynamo-table.ts';
import { taskItem } from './dynamo-task-item.ts';
import { PARTITIONS, taskKey } from './keys.ts';

/** No index leads from a conversation to its tasks: only its deletion asks for them. */
export function dynamoContextTasks({ dynamo, table }: Table, pool: string): ContextTasks {
  return {
    async *list(contextId) {
      const scan = {
        TableName: table,
        ConsistentRead: true,
        FilterExpression: 'contextId = :contextId AND begins_with(pk, :tasks)',
        ExpressionAttributeValues: { ':contextId': contextId, ':tasks': PARTITIONS.tasks(pool) },
      };
      for await (const { Items = [] } of paginateScan({ client: dynamo }, scan))
        for (const item of Items) yield taskItem.parse(item) as TaskRecord;
    },
    async delete(id) {
      await dynamo.send(new DeleteCommand({ TableName: table, Key: taskKey(pool, id) }));
    },
  };
}
