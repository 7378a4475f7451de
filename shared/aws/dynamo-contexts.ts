import {
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  paginateQuery,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Clock } from '../ports/clock.ts';
import {
  type Chain,
  type ContextHead,
  type ContextParts,
  type ContextStore,
  endOf,
} from '../ports/context-store.ts';
import type { PatternStore } from '../ports/pattern-store.ts';
import { headItem, pageItem, pageName } from './dynamo-items.ts';
import { conditionally, type Item, type Table } from './dynamo-table.ts';
import { contextPartition, headKey, PAGE_PREFIX, pageKey, patternsKey } from './keys.ts';

const DELETE_BATCH = 25;
const HEAD_ATTRIBUTES = Object.keys(headItem.shape);

/** The heads of a pool's contexts in DynamoDB, with their small pages in the same partition. */
export function dynamoContexts(
  { dynamo, table }: Table,
  pool: string,
  clock: Pick<Clock, 'now'>,
): ContextStore {
  const inPartition = (contextId: string) => ({
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': contextPartition(pool, contextId) },
  });
  const write = async (head: ContextHead, condition: object) => {
    const endMs = endOf(head);
    const Item = {
      ...headKey(pool, head.contextId),
      ...head,
      ...withoutEmptyTails(head),
      // The table's TTL.
      ...(endMs !== undefined && { expiresAt: Math.ceil(endMs / 1000) }),
    };
    return (
      (await conditionally(dynamo.send(new PutCommand({ TableName: table, Item, ...condition })))) !==
      undefined
    );
  };
  return {
    async read(contextId) {
      let head: ContextHead | undefined;
      const pages = new Map<string, Uint8Array>();
      for await (const { Items = [] } of paginateQuery({ client: dynamo }, inPartition(contextId))) {
        for (const item of Items) {
          if (item['sk'] === 'HEAD') head = parseHead(item);
          else {
            const { sk, content } = pageItem.parse(item);
            pages.set(sk.slice(PAGE_PREFIX.length), content);
          }
        }
      }
      return head && { head, pages };
    },
    async putPage(contextId, key, content) {
      const Item = { ...pageKey(pool, contextId, key), content, writtenAtMs: clock.now() };
      await dynamo.send(new PutCommand({ TableName: table, Item }));
    },
    advance: (head) =>
      write(
        head,
        head.version === 1
          ? {
              // The table's TTL may take days to delete what has ended.
              ConditionExpression: 'attribute_not_exists(version) OR expiresAt < :now',
              ExpressionAttributeValues: { ':now': Math.floor(head.updatedAtMs / 1000) },
            }
          : {
              ConditionExpression: 'version = :before AND #hash = :parent',
              ExpressionAttributeNames: { '#hash': 'hash' },
              ExpressionAttributeValues: { ':before': head.version - 1, ':parent': head.parent },
            },
      ),
    rebase: (head) =>
      write(head, {
        ConditionExpression: '#hash = :hash',
        ExpressionAttributeNames: { '#hash': 'hash' },
        ExpressionAttributeValues: { ':hash': head.hash },
      }),
    async parts(contextId) {
      const query = {
        ...inPartition(contextId),
        // Everything but the content of pages.
        ProjectionExpression: ['sk', 'writtenAtMs', ...HEAD_ATTRIBUTES.map((name) => `#${name}`)].join(', '),
        ExpressionAttributeNames: Object.fromEntries(HEAD_ATTRIBUTES.map((name) => [`#${name}`, name])),
      };
      let head: ContextHead | undefined;
      const pages: ContextParts['pages'][number][] = [];
      for await (const { Items = [] } of paginateQuery({ client: dynamo }, query)) {
        for (const item of Items) {
          if (item['sk'] === 'HEAD') head = parseHead(item);
          else pages.push(pageName.parse(item));
        }
      }
      return { head, pages };
    },
    async remove({ contextId, hash }) {
      const gone = dynamo.send(
        new DeleteCommand({
          TableName: table,
          Key: headKey(pool, contextId),
          ConditionExpression: '#hash = :hash',
          ExpressionAttributeNames: { '#hash': 'hash' },
          ExpressionAttributeValues: { ':hash': hash },
        }),
      );
      return (await conditionally(gone)) !== undefined;
    },
    async deletePages(contextId, keys) {
      for (let start = 0; start < keys.length; start += DELETE_BATCH) {
        const requests = keys.slice(start, start + DELETE_BATCH).map((key) => ({
          DeleteRequest: { Key: pageKey(pool, contextId, key) },
        }));
        // The next garbage collection finds what DynamoDB leaves unprocessed.
        await dynamo.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
      }
    },
  };
}

/** Leaves out empty tails. */
function withoutEmptyTails({ chain, previous }: ContextHead) {
  const stored = ({ tail, ...rest }: Chain) => (tail.length > 0 ? { ...rest, tail } : rest);
  return { chain: stored(chain), ...(previous && { previous: stored(previous) }) };
}

function parseHead(item: Item): ContextHead {
  return headItem.parse(item) as ContextHead;
}

/** The pool's current patterns, as an item next to its state. */
export function dynamoPatterns({ dynamo, table }: Table, pool: string): PatternStore {
  const key = patternsKey(pool);
  return {
    async current() {
      const { Item: item } = await dynamo.send(new GetCommand({ TableName: table, Key: key }));
      return item?.['hash'] as string | undefined;
    },
    async setCurrent(hash, nowMs) {
      await dynamo.send(
        new UpdateCommand({
          TableName: table,
          Key: key,
          UpdateExpression: 'SET #hash = :hash, updatedAtMs = :nowMs',
          ExpressionAttributeNames: { '#hash': 'hash' },
          ExpressionAttributeValues: { ':hash': hash, ':nowMs': nowMs },
        }),
      );
    },
  };
}
