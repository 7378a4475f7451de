import { promisify } from 'node:util';
import {
  constants,
  type ZstdOptions,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';
import { ValueError } from '../tasks/values.ts';

/**
 * A snapshot is a zstd frame whose dictionary is what both sides know already: the pool's common patterns and the
 * version before. So it costs what is new in it. Level 9 is within 3 % of level 19 on conversations, at a tenth of its
 * time; large contexts are compressed fast instead.
 */
const LEVEL = 9;
const LEVEL_OF_LARGE = 1;
const LARGE_BYTES = 512 * 1024;
/** The largest window that a decoder accepts by default: 128 MiB, a context of 64 MiB and the version before it. */
const LARGEST_WINDOW_LOG = 27;
const SMALLEST_WINDOW_LOG = 10;
/** Every frame begins with it, so it is not stored. */
const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** Compresses `plain`, given the same `known` bytes that will be there to decompress it. */
export async function compress(plain: Uint8Array, known: Uint8Array): Promise<Uint8Array> {
  const bytes = plain.length + known.length;
  const isLarge = bytes > LARGE_BYTES;
  const windowLog = Math.ceil(Math.log2(bytes + 1));
  const options: ZstdOptions = {
    params: {
      [constants.ZSTD_c_compressionLevel]: isLarge ? LEVEL_OF_LARGE : LEVEL,
      [constants.ZSTD_c_windowLog]: Math.min(LARGEST_WINDOW_LOG, Math.max(SMALLEST_WINDOW_LOG, windowLog)),
      [constants.ZSTD_c_enableLongDistanceMatching]: isLarge ? 1 : 0,
      // The head has the size and the hash.
      [constants.ZSTD_c_contentSizeFlag]: 0,
      [constants.ZSTD_c_checksumFlag]: 0,
      [constants.ZSTD_c_dictIDFlag]: 0,
    },
    ...(known.length > 0 && { dictionary: known }),
  };
  // Below a millisecond a thread would cost more than it frees.
  const frame = isLarge
    ? await promisify(zstdCompress as Compress)(plain, options)
    : zstdCompressSync(plain, options);
  return frame.subarray(MAGIC.length);
}

/**
 * Decompresses what {@link compress} made. Never unpacks more than `plainBytes`, so what was made to explode does not.
 * @throws ValueError when the content is damaged or too long.
 */
export async function decompress(
  content: Uint8Array,
  known: Uint8Array,
  plainBytes: number,
): Promise<Uint8Array> {
  try {
    const frame = Buffer.concat([MAGIC, content]);
    const options: ZstdOptions = {
      params: { [constants.ZSTD_d_windowLogMax]: LARGEST_WINDOW_LOG },
      maxOutputLength: Math.max(1, plainBytes),
      ...(known.length > 0 && { dictionary: known }),
    };
    const isLarge = plainBytes + known.length > LARGE_BYTES;
    return isLarge
      ? await promisify(zstdDecompress as Compress)(frame, options)
      : zstdDecompressSync(frame, options);
  } catch (error) {
    throw new ValueError(`the snapshot can not be unpacked: ${(error as Error).message}`, { cause: error });
  }
}

type Compress = (
  data: Uint8Array,
  options: ZstdOptions,
  done: (error: Error | null, result: Buffer) => void,
) => void;
