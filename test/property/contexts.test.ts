// Covers: shared/contexts/codec.ts, shared/contexts/segments.ts, shared/contexts/extend.ts
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { contentHash } from '../../shared/contexts/chain.ts';
import { compress, decompress } from '../../shared/contexts/codec.ts';
import { patternKey } from '../../shared/ports/object-keys.ts';
import { type MemoryContexts, memoryContexts } from '../../sim/aws/context-stores.ts';
import { cases } from '../cases.ts';
import { agentOf, converse } from '../unit/conversing.ts';

let memory: MemoryContexts;
beforeEach(() => {
  memory = memoryContexts();
});
const agent = () => agentOf(memory);

test('a context comes back as it was saved, its keys in their order, after any other, with and without patterns', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue({ maxDepth: 4 }), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (values, learned) => {
        memory = memoryContexts();
        if (learned) {
          const content = Buffer.from(JSON.stringify(values));
          await memory.objects.put(patternKey('test', contentHash(content)), content);
          await memory.patternStore.setCurrent(contentHash(content), 0);
        }
        await converse(agent(), values);
        const { value } = await agent().restore('c');
        // As text, so that the order of keys counts.
        expect(JSON.stringify(value)).toBe(JSON.stringify(values.at(-1)));
      },
    ),
    { numRuns: cases(200) },
  );
});

test('a large context that changed in many places costs its changes, and comes back', async () => {
  const known = randomBytes(700_000);
  const edit = fc.record({
    at: fc.nat({ max: known.length }),
    removed: fc.nat({ max: 30_000 }),
    added: fc.uint8Array({ maxLength: 300 }),
    moved: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 2, maxLength: 12 }), async (edits) => {
      let plain: Uint8Array = known;
      for (const { at, removed, added, moved } of edits) {
        const gone = plain.subarray(at, at + removed);
        const rest = Buffer.concat([plain.subarray(0, at), added, plain.subarray(at + removed)]);
        plain = moved ? Buffer.concat([rest, gone]) : rest;
      }
      const content = await compress(plain, known);
      expect(content.length).toBeLessThan(edits.length * 800);
      expect(Buffer.compare(await decompress(content, known, plain.length), plain)).toBe(0);
    }),
    { numRuns: cases(100) },
  );
});

test('a large context that repeats itself comes back', async () => {
  const byte = fc.constantFrom(0, 1);
  await fc.assert(
    fc.asyncProperty(
      fc.array(byte, { minLength: 1, maxLength: 90 }),
      fc.nat({ max: 200_000 }),
      async (unit, at) => {
        const known = Buffer.alloc(400_000, Buffer.from(unit));
        const plain = Buffer.concat([
          randomBytes(3),
          known.subarray(at),
          randomBytes(70),
          known.subarray(0, at),
        ]);
        const content = await compress(plain, known);
        expect(content.length).toBeLessThan(1_500);
        expect(Buffer.compare(await decompress(content, known, plain.length), plain)).toBe(0);
      },
    ),
    { numRuns: cases(50) },
  );
});

test('a large context comes back wherever it changed', async () => {
  const known = randomBytes(700_000);
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: known.length }),
      fc.nat({ max: 70_000 }),
      fc.uint8Array({ maxLength: 300 }),
      async (at, removed, added) => {
        const plain = Buffer.concat([known.subarray(0, at), added, known.subarray(at + removed)]);
        const content = await compress(plain, known);
        expect(content.length).toBeLessThan(added.length + 100);
        expect(Buffer.compare(await decompress(content, known, plain.length), plain)).toBe(0);
      },
    ),
    { numRuns: cases(50) },
  );
});
