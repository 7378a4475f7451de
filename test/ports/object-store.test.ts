// Covers: shared/ports/object-store.ts, shared/ports/object-keys.ts, shared/aws/s3-objects.ts
import { beforeEach, expect, test } from 'vitest';
import { objectPrefix, patternKey, progressKey, resultKey } from '../../shared/ports/object-keys.ts';
import type { ObjectStore } from '../../shared/ports/object-store.ts';
import { ValueError } from '../../shared/tasks/values.ts';
import { contract } from './suite.ts';

let folder = 0;

contract('an object store', (place) => {
  let objects: ObjectStore;
  let at: string;
  beforeEach(() => {
    ({ objects } = place().ports);
    folder += 1;
    at = `folder-${folder}/`;
  });

  const bytes = new Uint8Array([0, 1, 255]);
  const keys = (prefix: string) => Array.fromAsync(objects.list(prefix), ({ key }) => key);

  test('an object store keeps bytes under a key', async () => {
    await objects.put(`${at}a`, bytes);
    expect(await objects.get(`${at}a`, 3)).toEqual(bytes);
    expect(await objects.get(`${at}b`, 3)).toBeUndefined();
  });

  test('an object store reads no object that is larger than the limit asked for', async () => {
    await objects.put(`${at}a`, bytes);
    await expect(objects.get(`${at}a`, 2)).rejects.toThrow(ValueError);
  });

  test('an object store lists the objects under a prefix, and nothing that was deleted', async () => {
    for (const name of ['x/2', 'x/1', 'y/1']) await objects.put(at + name, bytes);
    expect(await keys(`${at}x/`)).toEqual([`${at}x/1`, `${at}x/2`]);
    await objects.delete([`${at}x/1`, `${at}unknown`]);
    expect(await keys(at)).toEqual([`${at}x/2`, `${at}y/1`]);
  });

  test('an object store lists in the order of bytes, and from behind a key', async () => {
    const names = ['a-b/1', 'a/1', 'a/2', 'a0', 'ab/1', 'a!2F/1', '\u{10000}', '\uFFFD'];
    const inOrder = ['a!2F/1', 'a-b/1', 'a/1', 'a/2', 'a0', 'ab/1', '\uFFFD', '\u{10000}'];
    for (const name of names) await objects.put(at + name, bytes);
    expect(await keys(at)).toEqual(inOrder.map((name) => at + name));
    const after = await Array.fromAsync(objects.list(at, `${at}a/1`), ({ key }) => key);
    expect(after).toEqual(inOrder.slice(3).map((name) => at + name));
  });

  test('an object store rejects a key of more than 1,024 bytes', async () => {
    await expect(objects.put('ä'.repeat(513), bytes)).rejects.toThrow();
  });
});

test('every object of a pool lies under a prefix of its kind and pool', () => {
  expect(patternKey('p', 'h').startsWith(objectPrefix('patterns', 'p'))).toBe(true);
  const attempt = { taskId: 't', attempt: 2 };
  expect(resultKey('p', attempt)).toBe('results/p/t/2.json');
  expect(progressKey('p', attempt, 5)).toBe('progress/p/t/2-5.json');
});
