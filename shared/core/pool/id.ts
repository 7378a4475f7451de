import * as z from 'zod';

/**
 * IDs of tasks and contexts: any text of one line, as people have them (`user@example.com`, `+49 30 1234`, `a/b`,
 * `Müller`). In UTF-8, at most this many bytes.
 */
export const ID_BYTES = 256;

const FORMAT = `expected 1 to ${ID_BYTES} bytes of text without control characters, and not "__proto__"`;

export const idSchema = z.string(FORMAT).refine(isId, FORMAT);

/** @throws Error with the expected format. */
export function parseId(value: unknown, what: string): string {
  const parsed = idSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(`invalid value ${JSON.stringify(value)} for ${what}: ${FORMAT}`);
}

function isId(text: string): boolean {
  const isOneLine = text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text);
  // An agent's record has its tasks by their IDs. The AWS SDK drops this one from a map, as JavaScript does.
  const isName = text !== '__proto__';
  return isOneLine && isName && text.length > 0 && bytesOf(text).length <= ID_BYTES;
}

/**
 * An ID as part of a key: one to one, and safe in DynamoDB, S3, SQS and file names. Letters and digits of ASCII stay,
 * and `_ . : -` behind the first character; every other byte of the UTF-8 becomes `!` and two hexadecimal digits.
 * At most 768 characters. S3 names `!` among its safe characters, and `%` among those to avoid (Naming objects).
 */
export function encodeId(id: string): string {
  return id.replaceAll(/^[_.:-]|[^A-Za-z0-9_.:-]/gu, (character) =>
    Array.from(bytesOf(character), (byte) => `!${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** The ID of {@link encodeId}'s text. @throws URIError when it isn't one. */
export function decodeId(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll('!', '%'));
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
