// Covers: cli/commands/overrides.ts, shared/runtime/override-pool.ts, shared/core/pool/overrides.ts, shared/aws/dynamo-overrides.ts
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { dynamoOverrides } from '../../shared/aws/dynamo-overrides.ts';
import { lastDecision } from '../../shared/ports/decision-log.ts';
import type { OverrideStore } from '../../shared/ports/override-store.ts';
import { startTestStack, type TestStack } from './stack.ts';

/** What an operator overrides on the command line, and the scaler of the stack, called as its schedule does. */
let stack: TestStack;
let overrides: OverrideStore;
const lines: string[] = [];

beforeAll(async () => {
  // One look for each call.
  stack = await startTestStack({ min: 1, max: 10, tickSeconds: 60 });
  overrides = dynamoOverrides(stack.table, 'test');
});
afterAll(() => stack.close());
afterEach(() => vi.restoreAllMocks());

/** Runs an override command. @throws Error with its warnings. */
async function override(command: string, ...args: string[]): Promise<void> {
  const warnings: string[] = [];
  const all = [command, 'test', ...args, '--outputs', stack.stack.outputsFile];
  const status = await run(command === 'overrides' ? all : [...all, '--by', 'night shift'], {
    say: (text) => void lines.push(text),
    warn: (text) => void warnings.push(text),
  });
  if (status !== 0) throw new Error(warnings.join('\n'));
}
/** Ticks the pool. Returns the decision. */
async function tick() {
  await stack.function('scale').invoke({});
  const last = await lastDecision(stack.decisions);
  return last?.kind === 'decision' ? last.record : undefined;
}

describe('an operator override', () => {
  test('an override is rejected before the first tick of the pool', async () => {
    await expect(override('pause')).rejects.toThrow('hasn\'t ticked pool "test" yet');
  });

  test('a pin takes effect at the next tick, with its operator and time on record', async () => {
    await tick();
    await override('pin', '4');
    const decision = await tick();
    expect(decision).toMatchObject({
      mode: { kind: 'pinned', desired: 4, by: 'night shift', atMs: expect.any(Number) },
      decision: { kind: 'scale-out', to: 4, reason: { code: 'Pinned', text: 'pinned to 4 by night shift' } },
      outcome: { kind: 'done', desired: 4 },
    });
    expect((await stack.fleet.read()).desired).toBe(4);
  });

  test('new bounds take effect at the next tick, are recorded in its decision and outlive a deployment', async () => {
    await override('resume');
    await override('set', 'min=6', 'warmFloor=1');
    expect(await tick()).toMatchObject({
      mode: { kind: 'automatic' },
      config: { min: 6, warmFloor: 1, max: 10 },
      settings: { values: { min: 6, warmFloor: 1 }, by: 'night shift', atMs: expect.any(Number) },
      outcome: { kind: 'done', desired: 6 },
    });
  });

  test('another concurrency takes effect at the next tick, and says that agents follow it', async () => {
    await override('set', 'concurrency=4');
    expect(lines.at(-1)).toMatch(/each agent works on up to 4 tasks at a time.*finishes them all/s);
    expect(await tick()).toMatchObject({ config: { concurrency: 4 } });
    await override('set', 'warmFloor=2');
    expect(lines.at(-1)).not.toContain('each agent works on');
    await override('set', 'warmFloor=1');
    await override('unset', 'concurrency');
  });

  test('an invalid override is rejected and changes nothing', async () => {
    const before = await overrides.read();
    await expect(override('set', 'max=5')).rejects.toThrow('invalid value 6: expected at most max (5)');
    await expect(override('pin', '11')).rejects.toThrow('from min to max (6 to 10)');
    await expect(override('set', 'max')).rejects.toThrow('FIELD=VALUE');
    await expect(override('unset', 'max')).rejects.toThrow('(overrides: min, warmFloor)');
    expect(await overrides.read()).toEqual(before);
  });

  test('resetting one setting keeps the others', async () => {
    await override('unset', 'min');
    expect(await tick()).toMatchObject({ config: { min: 1, warmFloor: 1 }, deployed: { min: 1 } });
  });

  test('an override does not overwrite one that was set meanwhile', async () => {
    const before = await overrides.read();
    const mine = { kind: 'settings', by: 'me', values: { max: 20 } } as const;
    expect(await overrides.put({ ...mine, atMs: Date.now() + 1 }, before)).toBe(true);
    expect(await overrides.put({ ...mine, values: { max: 30 }, atMs: Date.now() + 2 }, before)).toBe(false);
    expect((await overrides.read()).settings?.values).toEqual({ max: 20 });
  });

  test('the overrides in effect and their history are shown', async () => {
    lines.length = 0;
    await override('pause');
    await override('overrides');
    const output = lines.join('\n');
    expect(output).toContain('paused by night shift since 20');
    expect(output).toContain('set by me since');
    expect(output).toMatch(/night shift {2}paused\n.*me {2}set \{"max":30\}/s);
  });
});
