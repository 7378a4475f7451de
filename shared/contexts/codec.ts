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
import { joined, ownBytes, type Segment, segmentsOf } from './segments.ts';
import { pushVarint, readerOf } from './varint.ts';

/**
 * A snapshot is a zstd frame whose dictionary is what both sides already know: the pool's common patterns and the
 * version before. So it's only as large as what's new. On conversations, level 9 is within 3 % of level 19 at a tenth
 * of the time. Large contexts are compressed at the fast level, and only between the ends they share with the version
 * before: a dictionary of megabytes finds little and takes long.
 */
const LEVEL = 9;
const LEVEL_OF_LARGE = 1;
const LARGE_BYTES = 512 * 1024;
/** For a large context, the dictionary is this much of the version before, up to the first change. */
const NEIGHBOURHOOD_BYTES = 256 * 1024;
/** What is left between the ends is searched for what both versions have in common, if it's larger than this in both. */
const WORTH_SEGMENTS = 512;
/** Stands in front of segments, where a snapshot without them says how long the shared prefix is. */
const SEGMENTS = 2 ** 40;
const LEVEL_OF_OWN = 3;
/** The largest window a decoder accepts by default. */
const LARGEST_WINDOW_LOG = 27;
const SMALLEST_WINDOW_LOG = 10;
/** Every frame begins with it, so it isn't stored. */
const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** Compresses `plain`. Decompressing it needs the same `known` bytes. */
export async function compress(plain: Uint8Array, known: Uint8Array): Promise<Uint8Array> {
  if (!isLarge(plain.length, known.length)) return zstd(plain, known, LEVEL);
  const prefix = sharedPrefix(plain, known);
  const suffix = sharedSuffix(plain, known, prefix);
  const middle = plain.subarray(prefix, plain.length - suffix);
  const ends: number[] = [];
  const knownMiddle = known.subarray(prefix, known.length - suffix);
  if (Math.min(middle.length, knownMiddle.length) > WORTH_SEGMENTS) {
    const segments = segmentsOf(middle, knownMiddle);
    for (const number of [SEGMENTS, prefix, suffix, segments.length]) pushVarint(ends, number);
    for (const { from, copied, own } of segments)
      for (const number of [from, copied, own]) pushVarint(ends, number);
    const own = ownBytes(middle, segments);
    return Buffer.concat([
      Uint8Array.from(ends),
      await zstd(own, neighbourhood(known, prefix), LEVEL_OF_OWN),
    ]);
  }
  pushVarint(ends, prefix);
  pushVarint(ends, suffix);
  return Buffer.concat([
    Uint8Array.from(ends),
    await zstd(middle, neighbourhood(known, prefix), LEVEL_OF_LARGE),
  ]);
}

/**
 * Decompresses the output of {@link compress}. Never unpacks more than `plainBytes`, which stops decompression bombs.
 * @throws ValueError when the content is damaged or too long.
 */
export async function decompress(
  content: Uint8Array,
  known: Uint8Array,
  plainBytes: number,
): Promise<Uint8Array> {
  try {
    if (!isLarge(plainBytes, known.length)) return await unzstd(content, known, plainBytes);
    const { varint, rest } = readerOf(content);
    const first = varint();
    const prefix = first === SEGMENTS ? varint() : first;
    const suffix = varint();
    const middleBytes = plainBytes - prefix - suffix;
    if (middleBytes < 0 || prefix > known.length || suffix > known.length)
      throw new RangeError('its ends do not fit');
    const segments = first === SEGMENTS ? readSegments(varint) : [{ from: 0, copied: 0, own: middleBytes }];
    const copied = segments.reduce((sum, segment) => sum + segment.copied, 0);
    const ownAtMost = middleBytes - copied;
    if (ownAtMost < 0) throw new RangeError('its segments do not fit');
    const own = await unzstd(rest(), neighbourhood(known, prefix), ownAtMost);
    const middle = joined(segments, own, known.subarray(prefix, Math.max(prefix, known.length - suffix)));
    return Buffer.concat([known.subarray(0, prefix), middle, known.subarray(known.length - suffix)]);
  } catch (error) {
    throw new ValueError(`the snapshot cannot be unpacked: ${(error as Error).message}`, { cause: error });
  }
}

function readSegments(varint: () => number): readonly Segment[] {
  const count = varint();
  const segments: Segment[] = [];
  // Each takes three bytes at least, so a count that is too large ends with the content.
  for (let index = 0; index < count; index++)
    segments.push({ from: varint(), copied: varint(), own: varint() });
  return segments;
}

function isLarge(plainBytes: number, knownBytes: number): boolean {
  return plainBytes + knownBytes > LARGE_BYTES;
}

// --- Ends that two versions share -------------------------------------------------------------------------------

const CHUNK = 64 * 1024;

/** Length of the shared prefix, compared in chunks at the speed of memory. */
function sharedPrefix(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at + CHUNK <= most && isSame(a.subarray(at, at + CHUNK), b.subarray(at, at + CHUNK))) at += CHUNK;
  while (at < most && a[at] === b[at]) at += 1;
  return at;
}

/** Length of the shared suffix, beyond the prefix. */
function sharedSuffix(a: Uint8Array, b: Uint8Array, prefix: number): number {
  const most = Math.min(a.length, b.length) - prefix;
  const end = (bytes: Uint8Array, from: number, until: number) =>
    bytes.subarray(bytes.length - until, bytes.length - from);
  let shared = 0;
  while (shared + CHUNK <= most && isSame(end(a, shared, shared + CHUNK), end(b, shared, shared + CHUNK)))
    shared += CHUNK;
  while (shared < most && a[a.length - 1 - shared] === b[b.length - 1 - shared]) shared += 1;
  return shared;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function neighbourhood(known: Uint8Array, prefix: number): Uint8Array {
  return known.subarray(Math.max(0, prefix - NEIGHBOURHOOD_BYTES), prefix);
}

// --- zstd ------------------------------------------------------------------------------------------------------

async function zstd(plain: Uint8Array, dictionary: Uint8Array, level: number): Promise<Uint8Array> {
  const options: ZstdOptions = {
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_windowLog]: windowLogOf(plain.length, dictionary.length),
      // The head holds the size and the hash.
      [constants.ZSTD_c_contentSizeFlag]: 0,
      [constants.ZSTD_c_checksumFlag]: 0,
      [constants.ZSTD_c_dictIDFlag]: 0,
    },
    ...(dictionary.length > 0 && { dictionary }),
  };
  // Under a millisecond, a thread costs more than it saves.
  const frame = isLarge(plain.length, dictionary.length)
    ? await promisify(zstdCompress as Compress)(plain, options)
    : zstdCompressSync(plain, options);
  return frame.subarray(MAGIC.length);
}

async function unzstd(content: Uint8Array, dictionary: Uint8Array, plainBytes: number): Promise<Uint8Array> {
  const frame = Buffer.concat([MAGIC, content]);
  const options: ZstdOptions = {
    // The decoder allocates the window that the frame asks for, so it may ask for no more than it was made with.
    params: { [constants.ZSTD_d_windowLogMax]: windowLogOf(plainBytes, dictionary.length) },
    maxOutputLength: Math.max(1, plainBytes),
    ...(dictionary.length > 0 && { dictionary }),
  };
  return isLarge(plainBytes, dictionary.length)
    ? promisify(zstdDecompress as Compress)(frame, options)
    : zstdDecompressSync(frame, options);
}

function windowLogOf(plainBytes: number, dictionaryBytes: number): number {
  const log = Math.ceil(Math.log2(plainBytes + dictionaryBytes + 1));
  return Math.min(LARGEST_WINDOW_LOG, Math.max(SMALLEST_WINDOW_LOG, log));
}

type Compress = (
  data: Uint8Array,
  options: ZstdOptions,
  done: (error: Error | null, result: Buffer) => void,
) => void;
