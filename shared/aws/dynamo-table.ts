import type { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** The single table. Its keys are `pk` and `sk`, its TTL attribute is `expiresAt`. */
export type Table = { readonly dynamo: DynamoDBDocumentClient; readonly table: string };

/** Any item from DynamoDB before it's parsed. */
export type Item = Readonly<Record<string, unknown>>;

/** Resolves to undefined instead of throwing when a write's condition didn't hold. */
export async function conditionally<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if ((error as ConditionalCheckFailedException).name === 'ConditionalCheckFailedException')
      return undefined;
    throw error;
  }
}

/** An update expression that sets every field with a value and removes every field that's null. */
export function updateOf(changes: Item): {
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, unknown>;
} {
  const fields = Object.entries(changes).filter(([, value]) => value !== undefined);
  const sets = fields.filter(([, value]) => value !== null);
  const removes = fields.filter(([, value]) => value === null);
  const clauses = [
    sets.length > 0 ? `SET ${sets.map(([field]) => `#${field} = :${field}`).join(', ')}` : '',
    removes.length > 0 ? `REMOVE ${removes.map(([field]) => `#${field}`).join(', ')}` : '',
  ];
  return {
    UpdateExpression: clauses.filter(Boolean).join(' '),
    ExpressionAttributeNames: Object.fromEntries(fields.map(([field]) => [`#${field}`, field])),
    ExpressionAttributeValues: Object.fromEntries(sets.map(([field, value]) => [`:${field}`, value])),
  };
}

/** When DynamoDB may delete an item, in epoch seconds. */
export function expiry(nowMs: number, days: number): number {
  return Math.ceil(nowMs / 1000) + days * 86_400;
}
