// Covers: shared/contexts/codec.ts, shared/contexts/extend.ts
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
