import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { MAX_VALUE_BYTES, sha256, toJson, ValueError } from '../tasks/values.ts';

/** A context as it is stored. */
export type Encoded = {
  readonly content: Uint8Array;
  /** Hash and size of the plain content. */
  readonly sha256: string;
  readonly plainBytes: number;
};

/** The context of a conversation: any JSON value. */
export type ContextValue = unknown;

/** Compresses a whole context. @throws ValueError when it is not JSON or larger than 64 MiB. */
export async function encodeContext(context: ContextValue): Promise<Encoded> {
  const plain = Buffer.from(toJson(context, 'the context'));
  if (plain.length > MAX_VALUE_BYTES) {
    throw new ValueError(`the context has ${plain.length} bytes, at most ${MAX_VALUE_BYTES} can be stored`);
  }
  return { content: await promisify(gzip)(plain), sha256: sha256(plain), plainBytes: plain.length };
}

/**
 * Restores a context.
 * @throws ValueError when the content is damaged, or is not what the hash and the size say. Never unpacks more than
 *   `plainBytes`, so a snapshot made to explode does not.
 */
export async function decodeContext(
  content: Uint8Array,
  expected: { readonly sha256: string; readonly plainBytes: number },
): Promise<ContextValue> {
  let plain: Buffer;
  try {
    plain = await promisify(gunzip)(content, { maxOutputLength: Math.max(1, expected.plainBytes) });
  } catch (error) {
    throw new ValueError(`the snapshot can not be unpacked: ${(error as Error).message}`, { cause: error });
  }
  if (sha256(plain) !== expected.sha256)
    throw new ValueError('the snapshot is not what was stored: its hash differs');
  return JSON.parse(plain.toString());
}
