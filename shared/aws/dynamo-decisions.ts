import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { DECISION_DAYS, DECISION_VERSION } from '../core/decision-record.ts';
import type { DecisionLog } from '../ports/decision-log.ts';
import { readDecision } from './dynamo-items.ts';
import { expiry, type Table } from './dynamo-table.ts';
import { decisionKey, PARTITIONS, timeKey } from './keys.ts';
import { packJson } from './packed-json.ts';

/** The first page has one decision, because most readers want the last one. Each page has twice as many as the one before. */
const PAGE_AT_MOST = 128;

/** A pool's decisions in DynamoDB. */
export function dynamoDecisions({ dynamo, table }: Table, pool: string): DecisionLog {
  return {
    async put(record) {
      const { atMs } = record.observation;
      const Item = {
        ...decisionKey(pool, atMs),
        expiresAt: expiry(atMs, DECISION_DAYS),
        v: DECISION_VERSION,
        packed: packJson(record),
      };
      await dynamo.send(new PutCommand({ TableName: table, Item }));
    },

    async *read({ afterMs = -1, untilMs = LATEST_MS } = {}) {
      let start: Record<string, unknown> | undefined;
      let limit = 1;
      do {
        const page = await dynamo.send(
          new QueryCommand({
            TableName: table,
            ConsistentRead: true,
            KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :until',
            ExpressionAttributeValues: {
              ':pk': PARTITIONS.decisions(pool),
              ':from': timeKey(Math.floor(afterMs) + 1),
              ':until': timeKey(Math.min(untilMs, LATEST_MS)),
            },
            ScanIndexForward: false,
            Limit: limit,
            ...(start && { ExclusiveStartKey: start }),
          }),
        );
        for (const item of page.Items ?? []) yield readDecision(item);
        start = page.LastEvaluatedKey;
        limit = Math.min(PAGE_AT_MOST, 2 * limit);
      } while (start);
    },
  };
}

/** Keys sort by time up to here. */
const LATEST_MS = 1e15 - 1;
