/** Every dictionary byte makes compression slower, so fewer are learned than could be read. */
const LEARNED_BYTES = 96 * 1024;
const WINDOW = 48;
const STEP = 16;

/**
 * Learns patterns from a pool's contexts, given in order of importance: takes what's new in each one until it has
 * `maxBytes`. Windows of {@link WINDOW} bytes detect parts that it already has. Takes one pass, and 16 MiB.
 */
export function learnPatterns(contexts: readonly Uint8Array[], maxBytes = LEARNED_BYTES): Uint8Array {
  const seen = seenWindows();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (const context of contexts) {
    for (const [from, to] of newParts(context, seen)) {
      const part = context.subarray(from, Math.min(to, from + maxBytes - bytes));
      parts.push(part);
      bytes += part.length;
      if (bytes >= maxBytes) return Buffer.concat(parts);
    }
  }
  return Buffer.concat(parts);
}

/** Ranges of a context whose windows haven't been seen yet. Marks its windows as seen. */
function newParts(context: Uint8Array, seen: SeenWindows): readonly (readonly [number, number])[] {
  const hashes = windowHashes(context);
  const parts: [number, number][] = [];
  for (let at = 0; at < hashes.length; ) {
    if (seen.has(hashes[at] as number)) {
      at += WINDOW;
      continue;
    }
    const latest = parts.at(-1);
    if (latest && latest[1] >= at) latest[1] = at + STEP;
    else parts.push([at, at + STEP]);
    at += STEP;
  }
  for (const hash of hashes) seen.add(hash);
  return parts;
}

const BASE = 0x01000193;

/** A hash of each window: rolling, so that each byte costs the same however long windows are (Rabin–Karp). */
function windowHashes(context: Uint8Array): Uint32Array {
  const hashes = new Uint32Array(Math.max(0, context.length - WINDOW + 1));
  let leaving = 1;
  for (let at = 0; at < WINDOW; at++) leaving = Math.imul(leaving, BASE);
  let hash = 0;
  for (let at = 0; at < context.length; at++) {
    hash = Math.imul(hash, BASE) + (context[at] as number) + 1;
    if (at >= WINDOW) hash -= Math.imul(leaving, (context[at - WINDOW] as number) + 1);
    // Multiplied once more, because the high bits of a short text's hash differ too little.
    if (at >= WINDOW - 1) hashes[at - WINDOW + 1] = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) >>> 0;
  }
  return hashes;
}

type SeenWindows = { has(hash: number): boolean; add(hash: number): void };

const SEEN_BITS = 27;

/**
 * A bit for each hash. In 48 contexts of 128 KiB without anything in common, one window in twenty is taken for another
 * one, and left out.
 */
function seenWindows(): SeenWindows {
  const bits = new Uint8Array(2 ** (SEEN_BITS - 3));
  const place = (hash: number) => hash >>> (32 - SEEN_BITS);
  return {
    has: (hash) => ((bits[place(hash) >>> 3] as number) & (1 << (place(hash) & 7))) !== 0,
    add(hash) {
      const at = place(hash) >>> 3;
      bits[at] = (bits[at] as number) | (1 << (place(hash) & 7));
    },
  };
}
