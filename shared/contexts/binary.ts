/**
 * Bytes inside the JSON of a context or a payload: `{ "$bytes": "<base64>" }`. Larger files belong in a bucket of their
 * own, with their keys in the context.
 */
export type Binary = { readonly $bytes: string };

export function toBinary(bytes: Uint8Array): Binary {
  return { $bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') };
}

/** @throws TypeError when {@link toBinary} didn't make the value. */
export function fromBinary(value: unknown): Uint8Array {
  const text = (value as Partial<Binary> | null)?.$bytes;
  if (typeof text !== 'string') throw new TypeError('not binary: no $bytes with base64');
  return Uint8Array.from(Buffer.from(text, 'base64'));
}
