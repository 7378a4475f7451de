// Covers: shared/ports/decision-log.ts, shared/aws/dynamo-decisions.ts
import { beforeEach, expect, test } from 'vitest';
import { type DecisionLog, type DecisionRange, lastDecision } from '../../shared/ports/decision-log.ts';
import { decisionRecord, inputs, NOW_MS, observation } from '../unit/build.ts';
import { contract } from './suite.ts';

contract('a decision log', (place) => {
  let log: DecisionLog;
  beforeEach(() => {
    log = place().ports.decisions;
  });
  const put = (...times: number[]) =>
    Promise.all(times.map((ms) => log.put(decisionRecord(inputs({ ...observation(1), atMs: NOW_MS + ms })))));
  const read = (range?: DecisionRange) => Array.fromAsync(log.read(range), ({ atMs }) => atMs - NOW_MS);

  test('a decision log is read from the newest decision on, as it was written', async () => {
    await put(0, 2, 1);
    expect(await read()).toEqual([2, 1, 0]);
    const record = decisionRecord(inputs({ ...observation(1), atMs: NOW_MS + 2 }));
    expect(await lastDecision(log)).toMatchObject({ kind: 'decision', atMs: NOW_MS + 2, record });
  });

  test('a decision log is read between two times, with the later one', async () => {
    await put(0, 1, 2, 3);
    expect(await read({ afterMs: NOW_MS })).toEqual([3, 2, 1]);
    expect(await read({ afterMs: NOW_MS, untilMs: NOW_MS + 2 })).toEqual([2, 1]);
    expect(await read({ untilMs: NOW_MS })).toEqual([0]);
    expect(await lastDecision(log, { afterMs: NOW_MS + 3 })).toBeUndefined();
  });

  test('a decision log is read to its end, however long it is', async () => {
    const many = Array.from({ length: 300 }, (_, index) => index);
    await put(...many);
    expect(await read()).toEqual(many.toReversed());
  });
});
