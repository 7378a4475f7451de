// Covers: shared/ports/context-store.ts, shared/ports/pattern-store.ts, shared/aws/dynamo-contexts.ts, sim/aws/context-stores.ts
import { beforeEach, expect, test } from 'vitest';
import type { ContextHead, ContextStore } from '../../shared/ports/context-store.ts';
import { NOW_MS } from '../unit/build.ts';
import { contract } from './suite.ts';

const hash = (digit: string) => digit.repeat(64);

function head(version: number, changes: Partial<ContextHead> = {}): ContextHead {
  return {
    contextId: 'c',
    version,
    hash: hash(String(version)),
    parent: hash(String(version - 1)),
    plainBytes: 10,
    chain: {
      base: {
        version: 1,
        key: 'k',
        bytes: 5,
        plainBytes: 10,
        hash: hash('1'),
        parent: hash('0'),
        pattern: 0,
      },
      pages: [],
      tail: new Uint8Array([1, 2, 3]),
      patterns: [],
    },
    applied: [{ taskId: 't', result: { kind: 'inline', json: '1' } }],
    updatedAtMs: NOW_MS,
    ...changes,
  };
}

contract('a context store', (place) => {
  let store: ContextStore;
  beforeEach(() => {
    store = place().ports.contexts;
  });

  test('a context store has no head for a new conversation', async () => {
    expect(await store.read('c')).toBeUndefined();
  });

  test('a context store moves a head by one version, and by no other', async () => {
    expect(await store.advance(head(2))).toBe(false);
    expect(await store.advance(head(1))).toBe(true);
    expect(await store.advance(head(1))).toBe(false);
    expect(await store.advance(head(3))).toBe(false);
    expect(await store.advance(head(2, { parent: hash('9') }))).toBe(false);
    expect(await store.advance(head(2))).toBe(true);
    expect((await store.read('c'))?.head).toEqual(head(2));
  });

  test('a context store replaces the chain of a version while it is current', async () => {
    await store.advance(head(1));
    const rebased = head(1, { chain: { ...head(1).chain, tail: new Uint8Array([9]) } });
    expect(await store.rebase(rebased)).toBe(true);
    expect((await store.read('c'))?.head.chain.tail).toEqual(new Uint8Array([9]));
    await store.advance(head(2));
    expect(await store.rebase(head(1))).toBe(false);
  });

  test('a context store reads the pages of a conversation with its head, and no others', async () => {
    await store.advance(head(1));
    await store.putPage('c', hash('a'), new Uint8Array([1]));
    await store.putPage('c', hash('b'), new Uint8Array([2]));
    await store.putPage('c2', hash('c'), new Uint8Array([3]));
    await store.deletePages('c', [hash('b'), hash('e')]);
    expect((await store.read('c'))?.pages).toEqual(new Map([[hash('a'), new Uint8Array([1])]]));
  });

  test('a context store replaces a context that has ended by a first version, and no other', async () => {
    await store.advance(head(1, { keepDays: 1 }));
    await store.advance(head(2, { keepDays: 1 }));
    const again = (hours: number) => head(1, { updatedAtMs: NOW_MS + hours * 3_600_000, hash: hash('7') });
    expect(await store.advance(again(23))).toBe(false);
    expect(await store.advance(again(25))).toBe(true);
    expect((await store.read('c'))?.head).toEqual(again(25));
  });

  test('a context store lists the parts of a context, pages without a head included', async () => {
    await store.advance(head(1));
    await store.putPage('c', hash('a'), new Uint8Array([1]));
    await store.putPage('gone', hash('b'), new Uint8Array([2]));
    const writtenAtMs = expect.any(Number);
    expect(await store.parts('c')).toEqual({ head: head(1), pages: [{ key: hash('a'), writtenAtMs }] });
    expect(await store.parts('gone')).toEqual({ head: undefined, pages: [{ key: hash('b'), writtenAtMs }] });
    expect(await store.parts('unknown')).toEqual({ head: undefined, pages: [] });
  });

  test('a context store deletes a head at the version given, and at no other', async () => {
    await store.advance(head(1));
    await store.advance(head(2));
    expect(await store.remove(head(1))).toBe(false);
    expect((await store.read('c'))?.head.version).toBe(2);
    expect(await store.remove(head(2))).toBe(true);
    expect(await store.remove(head(2))).toBe(false);
    expect(await store.read('c')).toBeUndefined();
  });

  test('a context store rejects a head and a page of more than 400 KB', async () => {
    const tail = new Uint8Array(410_000);
    await expect(store.advance(head(1, { chain: { ...head(1).chain, tail } }))).rejects.toThrow();
    await expect(store.putPage('c', hash('a'), tail)).rejects.toThrow();
    expect(await store.read('c')).toBeUndefined();
  });

  test('a context store remembers which patterns are current', async () => {
    const { patterns } = place().ports;
    expect(await patterns.current()).toBeUndefined();
    await patterns.setCurrent(hash('a'), NOW_MS);
    await patterns.setCurrent(hash('b'), NOW_MS + 1);
    expect(await patterns.current()).toBe(hash('b'));
  });
});
