import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** More than this is nothing that this project wrote: DynamoDB's items have 400 KB, and these have a few. */
const JSON_BYTES = 4 * 1024 * 1024;
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 9 } };

/**
 * A value as zstd of its JSON. The forecaster's memory, and a decision that records it, become a fifth as large. DynamoDB
 * charges for each KiB that's written, and a tick writes both.
 */
export function packJson(value: object): Uint8Array {
  return zstdCompressSync(JSON.stringify(value), OPTIONS);
}

/** @throws Error when the bytes are damaged. */
export function unpackJson(bytes: Uint8Array): unknown {
  return JSON.parse(zstdDecompressSync(bytes, { maxOutputLength: JSON_BYTES }).toString());
}
