/**
 * Bytes inside a context or a payload, which are JSON: `{ "$bytes": "<base64>" }`. Larger files belong into a bucket of
 * their own, with their key in the context.
 */
export type Binary = { readonly $bytes: string };

export function toBinary(bytes: Uint8Array): Binary {
  return { $bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') };
}

/** @throws TypeError when the value is not what {@link toBinary} made. */
export function fromBinary(value: unknown): Uint8Array {
  const text = (value as Partial<Binary> | null)?.$bytes;
  if (typeof text !== 'string') throw new TypeError('not binary: it has no $bytes with base64');
  return Uint8Array.from(Buffer.from(text, 'base64'));
}
