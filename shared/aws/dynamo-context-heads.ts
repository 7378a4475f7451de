import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { ContextHeads } from '../ports.ts';
import { headItem } from './dynamo-items.ts';
import { conditionally, type Table } from './dynamo-table.ts';

/** The heads of a pool's contexts in DynamoDB. */
export function dynamoContextHeads({ dynamo, table }: Table, pool: string): ContextHeads {
  const key = (contextId: string) => ({ pk: `CONTEXT#${pool}#${contextId}`, sk: 'HEAD' });
  return {
    async read(contextId) {
      const { Item: item } = await dynamo.send(
        new GetCommand({ TableName: table, Key: key(contextId), ConsistentRead: true }),
      );
      return item && headItem.parse(item);
    },
    async advance(head) {
      const isFirst = 'attribute_not_exists(version)';
      const isNext = 'version = :before';
      const written = await conditionally(
        dynamo.send(
          new PutCommand({
            TableName: table,
            Item: { ...key(head.contextId), ...head },
            ...(head.version === 1
              ? { ConditionExpression: isFirst }
              : { ConditionExpression: isNext, ExpressionAttributeValues: { ':before': head.version - 1 } }),
          }),
        ),
      );
      return written !== undefined;
    },
  };
}
