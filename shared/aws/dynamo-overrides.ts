import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { OVERRIDE_DAYS, type Override, type Overrides, overridesAfter } from '../core/pool/overrides.ts';
import type { OverrideStore } from '../ports/override-store.ts';
import { overrideItem, overridesItem } from './dynamo-items.ts';
import { conditionally, expiry, type Item, type Table, updateOf } from './dynamo-table.ts';
import { overrideKey, PARTITIONS, stateKey } from './keys.ts';

/** One pool's operator overrides in DynamoDB. */
export function dynamoOverrides({ dynamo, table }: Table, pool: string): OverrideStore {
  return {
    async read() {
      const { Item: item = {} } = await dynamo.send(
        new GetCommand({ TableName: table, Key: stateKey(pool), ConsistentRead: true }),
      );
      return overridesItem.parse(item) as Overrides;
    },

    // The record comes first: every override in force has a record of who set it.
    async put(override, before) {
      const { atMs } = override;
      const item = {
        ...overrideKey(pool, atMs),
        expiresAt: expiry(atMs, OVERRIDE_DAYS),
        ...override,
      };
      await dynamo.send(new PutCommand({ TableName: table, Item: item }));
      const { mode, settings = null } = overridesAfter(override, before);
      const update = updateOf(override.kind === 'mode' ? { mode, control: null } : { settings });
      const unchanged = override.kind === 'mode' ? undefined : sinceRead(before);
      const written = await conditionally(
        dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: stateKey(pool),
            ...update,
            ...(unchanged && { ConditionExpression: unchanged.condition }),
            ...withValues({ ...update.ExpressionAttributeValues, ...unchanged?.values }),
            ExpressionAttributeNames: { ...update.ExpressionAttributeNames, ...unchanged?.names },
          }),
        ),
      );
      return written !== undefined;
    },

    async latest(count) {
      const items = await newest(PARTITIONS.overrides(pool), count);
      return items.flatMap((item) => (overrideItem.safeParse(item).data as Override | undefined) ?? []);
    },
  };

  async function newest(partition: string, count: number): Promise<readonly Item[]> {
    const { Items: items = [] } = await dynamo.send(
      new QueryCommand({
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': partition },
        ScanIndexForward: false,
        Limit: count,
      }),
    );
    return items;
  }
}

/** The condition that the settings haven't changed since they were read, because a change builds on them. */
function sinceRead({ settings }: Overrides): {
  readonly condition: string;
  readonly names: Record<string, string>;
  readonly values: Item;
} {
  if (settings === undefined) {
    return { condition: 'attribute_not_exists(#settings)', names: { '#settings': 'settings' }, values: {} };
  }
  return {
    condition: '#settings.#atMs = :before',
    names: { '#settings': 'settings', '#atMs': 'atMs' },
    values: { ':before': settings.atMs },
  };
}

/** DynamoDB rejects an empty map of values. */
function withValues(values: Item) {
  return { ExpressionAttributeValues: Object.keys(values).length === 0 ? undefined : { ...values } };
}
