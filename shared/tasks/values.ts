import { createHash } from 'node:crypto';
import type { StoredValue } from '../core/pool/task-record.ts';
import type { ObjectStore } from '../ports/object-store.ts';

/**
 * Values up to this size are stored inline, larger ones in S3. Ten messages of this size fit one SQS batch (1 MiB), and
 * a record with several such values stays far below DynamoDB's limit of 400 KB.
 */
const INLINE_BYTES = 32 * 1024;

/** Larger values are rejected. */
export const MAX_VALUE_BYTES = 64 * 1024 * 1024;

/** Thrown for a value that can't be stored as JSON, is too large, or is damaged. */
export class ValueError extends Error {
  override name = 'ValueError';
}

/**
 * Serializes a value, with its keys in their order.
 * @throws ValueError when it isn't JSON: undefined, a function, a BigInt, a cycle or a number that isn't finite.
 */
export function toJson(value: unknown, what: string): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value, (key, part: unknown) => {
      if (typeof part === 'number' && !Number.isFinite(part)) throw new TypeError(`${part} at "${key}"`);
      if (typeof part === 'function' || typeof part === 'symbol')
        throw new TypeError(`a ${typeof part} at "${key}"`);
      return part;
    });
  } catch (error) {
    throw new ValueError(`${what} cannot be stored as JSON: ${(error as Error).message}`, { cause: error });
  }
  if (json === undefined) throw new ValueError(`${what} cannot be stored as JSON: it is ${typeof value}`);
  return json;
}

/** Stores JSON inline if it's small, or else as the object `key`. */
export async function storeValue(objects: ObjectStore, key: string, json: string): Promise<StoredValue> {
  const content = Buffer.from(json);
  if (content.length <= INLINE_BYTES) return { kind: 'inline', json };
  if (content.length > MAX_VALUE_BYTES) {
    throw new ValueError(`${key} has ${content.length} bytes, expected at most ${MAX_VALUE_BYTES}`);
  }
  await objects.put(key, content);
  return { kind: 'object', key, bytes: content.length, sha256: sha256(content) };
}

/** Reads a stored value. @throws ValueError when its object is missing, damaged or too large. */
export async function readValue(objects: ObjectStore, value: StoredValue): Promise<unknown> {
  if (value.kind === 'inline') return JSON.parse(value.json);
  if (value.bytes > MAX_VALUE_BYTES)
    throw new ValueError(
      `${value.key} is said to have ${value.bytes} bytes, expected at most ${MAX_VALUE_BYTES}`,
    );
  const content = await objects.get(value.key, value.bytes);
  if (!content) throw new ValueError(`${value.key} is missing`);
  if (sha256(content) !== value.sha256) throw new ValueError(`${value.key} is damaged: its hash differs`);
  return JSON.parse(Buffer.from(content).toString());
}

export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
