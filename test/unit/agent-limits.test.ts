// Covers: agent/limits/agent-limits.ts, agent/limits/limit-queue.ts, agent/limits/lease-size.ts
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type AgentLimits, agentLimits } from '../../agent/limits/agent-limits.ts';
import type { NotNow } from '../../agent/retry-later.ts';
import { LimitRecords } from '../../sim/aws/limit-records.ts';
import { Engine, Process } from '../../sim/engine.ts';

/** A request a second, or a thousand tokens. */
const LIMIT = { name: 'model', perMinute: { requests: 60, tokens: 60_000 } };
const never = new AbortController().signal;

let engine: Engine;
let records: LimitRecords;
let reserve: ReturnType<typeof vi.fn<LimitRecords['reserve']>>;
let close: ReturnType<typeof vi.fn<LimitRecords['close']>>;
let warn: ReturnType<typeof vi.fn<() => void>>;
beforeEach(() => {
  engine = new Engine(1);
  engine.skewMs = () => 0;
  records = new LimitRecords();
  reserve = vi.fn(records.reserve);
  close = vi.fn(records.close);
  warn = vi.fn();
});

const agent = (limits = [LIMIT]) =>
  agentLimits(limits, {
    store: { reserve, close, read: records.read },
    clock: new Process(engine, 'agent').clock,
    log: { warn },
  });

/** What became of calls, in the order in which it did, and when. */
const ends: [name: string, atSeconds: number, error?: unknown][] = [];
beforeEach(() => {
  ends.length = 0;
});
function call(name: string, limits: AgentLimits, amounts = {}, signal = never): void {
  limits
    .forTask(signal)
    .acquire('model', amounts)
    .then(
      () => void ends.push([name, engine.seconds]),
      (error: unknown) => void ends.push([name, engine.seconds, error]),
    );
}
const at = (seconds: number, what: () => unknown) => engine.after(1_000 * seconds, () => void what());
async function pass(seconds = 1_000): Promise<void> {
  at(seconds, () => {});
  // What was called already gets as far as it can without time passing.
  await new Promise((resolve) => setImmediate(resolve));
  await engine.runUntil(seconds, () => false);
}
const later = (afterSeconds: number): NotNow => ({ afterSeconds, closes: { kind: 'only one' } });

describe('a call of a limited service', () => {
  test('calls of one moment share leases and have their turn in order, as fast as the limit allows', async () => {
    const limits = agent();
    for (const name of ['a', 'b', 'c', 'd']) call(name, limits);
    await pass();
    // Two calls to a lease. The last two wait for the next one, which starts after the first one's two seconds.
    expect(ends).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 2],
      ['d', 2],
    ]);
    expect(reserve).toHaveBeenCalledTimes(2);
    expect(limits.usage()).toEqual({ model: { usedMs: 4_000, waitedMs: 4_000, refused: 0 } });
  });

  test('a call waits behind the leases of other agents', async () => {
    await records.reserve('model', { ms: 7_000, nowMs: engine.nowMs, atMostAheadMs: 0 });
    const limits = agent();
    call('a', limits);
    // It counts as waiting before it has its turn.
    at(4, () => expect(limits.usage()).toMatchObject({ model: { waitedMs: 4_000 } }));
    await pass();
    expect(ends).toEqual([['a', 7]]);
  });

  test('an agent alone gets what the limit gives', async () => {
    const limits = agent([{ name: 'model', perMinute: { requests: 60_000, tokens: 1e9 } }]);
    const { acquire } = limits.forTask(never);
    let calls = 0;
    const slot = async () => {
      for (;;) {
        await acquire('model');
        calls += 1;
        await engine.wait(20);
      }
    };
    for (let each = 0; each < 64; each++) void slot();
    await pass(60);
    // A thousand a second, but for the first seconds, when it leases little at a time.
    expect(calls).toBeGreaterThan(57_000);
    expect(calls).toBeLessThanOrEqual(62_000);
  });

  test('however many calls there are, an agent requests at most one lease a second', async () => {
    const limits = agent([{ name: 'model', perMinute: { requests: 1e6, tokens: 1e9 } }]);
    const requestedAtMs: number[] = [];
    reserve.mockImplementation((...given) => {
      requestedAtMs.push(engine.nowMs);
      return records.reserve(...given);
    });
    for (let each = 0; each < 2_000; each++) at(each / 100, () => call(`${each}`, limits));
    await pass();
    expect(ends.length).toBe(2_000);
    const pauses = requestedAtMs.slice(1).map((atMs, index) => atMs - (requestedAtMs[index] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1_000);
    // Once it knows what it uses, a lease lasts three seconds.
    expect(requestedAtMs.length).toBeLessThanOrEqual(9);
  });

  test('a call takes its place in line when it is made, even if others of its agent wait already', async () => {
    await records.reserve('model', { ms: 20_000, nowMs: engine.nowMs, atMostAheadMs: 0 });
    const [limits, other] = [agent(), agent()];
    call('a', limits);
    at(2, () => call('b', limits));
    at(9, () => call('c', other));
    await pass();
    expect(ends).toEqual([
      ['a', 20],
      ['b', 21],
      ['c', 22],
    ]);
  });

  test('a call whose turn is too far away puts its task off until then, and asks no store again before', async () => {
    await records.reserve('model', { ms: 45_000, nowMs: engine.nowMs, atMostAheadMs: 0 });
    const limits = agent();
    call('a', limits);
    at(4, () => call('b', limits));
    at(15, () => call('c', limits));
    await pass();
    expect(ends).toMatchObject([
      ['a', 0, { name: 'LimitReached', limit: 'model', afterSeconds: 15, message: /"model" has no room/ }],
      ['b', 4, { afterSeconds: 11 }],
      ['c', 45],
    ]);
    expect(reserve).toHaveBeenCalledTimes(2);
  });

  test('a call ends at once when its task is aborted, and the calls behind it have its turn', async () => {
    await records.reserve('model', { ms: 9_000, nowMs: engine.nowMs, atMostAheadMs: 0 });
    const limits = agent();
    const task = new AbortController();
    call('a', limits, {}, task.signal);
    at(3, () => call('b', limits));
    at(5, () => task.abort('timeout'));
    at(6, () => call('c', limits, {}, task.signal));
    await pass();
    expect(ends).toEqual([
      ['a', 5, 'timeout'],
      ['c', 6, 'timeout'],
      ['b', 9],
    ]);
  });

  test('a limit that cannot be reached puts tasks off', async () => {
    reserve.mockRejectedValueOnce(new Error('no connection'));
    call('a', agent());
    await pass();
    expect(ends).toMatchObject([
      ['a', 0, { name: 'LimitReached', afterSeconds: 5, message: /no connection/ }],
    ]);
  });

  test.each<[string, unknown, RegExp]>([
    ['of a limit that the pool does not have', ['other'], /^unknown limit "other" \(limits: model, slow\)$/],
    ['of no number', ['model', { tokens: Number.NaN }], /tokens must be a number from 0, got NaN/],
    ['of text', ['model', { tokens: '500' }], /tokens must be a number from 0, got "500", a string/],
    ['of less than nothing', ['model', { requests: -1 }], /requests must be a number from 0, got -1/],
    [
      'of more than a minute gives',
      ['model', { tokens: 60_001 }],
      /^a call of 1 request and 60,001 tokens never has its turn: model: 60 requests and 60,000 tokens a minute/,
    ],
  ])('a call %s is an error', async (_case, call, message) => {
    const { acquire } = agent([LIMIT, { ...LIMIT, name: 'slow' }]).forTask(never);
    await expect(acquire(...(call as Parameters<typeof acquire>))).rejects.toThrow(message);
    expect(reserve).not.toHaveBeenCalled();
  });
});

describe('a call that used something else than expected', () => {
  test('less than expected is available again', async () => {
    const limits = agent();
    const tools = limits.forTask(never);
    void tools.acquire('model', { tokens: 4_000 });
    at(3, () => tools.used('model', { tokens: 1_000 }));
    at(4, () => call('b', limits, { tokens: 3_000 }));
    await pass();
    expect(ends).toEqual([['b', 4]]);
    expect(reserve).toHaveBeenCalledTimes(1);
    expect(limits.usage()).toMatchObject({ model: { usedMs: 4_000 } });
  });

  test('more than expected, and what nobody acquired, is taken from the next lease', async () => {
    const limits = agent();
    const tools = limits.forTask(never);
    void tools.acquire('model', { tokens: 6_000 });
    at(7, () => tools.used('model', { tokens: 7_000 }));
    at(7, () => tools.used('model', { tokens: 4_000 }));
    at(8, () => call('b', limits, { tokens: 3_000 }));
    await pass();
    expect(reserve.mock.calls.map(([, { ms }]) => ms)).toEqual([6_000, 8_000]);
    expect(limits.usage()).toMatchObject({ model: { usedMs: 14_000 } });
  });

  test('an amount that the answer lacks is the acquired one', async () => {
    const limits = agent();
    const { acquire, used } = limits.forTask(never);
    void acquire('model', { tokens: 5_000, requests: undefined } as object);
    await pass();
    used('model', { tokens: undefined } as object);
    expect(limits.usage()).toMatchObject({ model: { usedMs: 5_000 } });
  });

  test('calls of one task are corrected whatever their order, and a missing amount is the acquired one', async () => {
    const limits = agent();
    const tools = limits.forTask(never);
    void tools.acquire('model', { tokens: 2_000 });
    void tools.acquire('model', { tokens: 9_000 });
    at(20, () => tools.used('model', { tokens: 1_000 }));
    at(20, () => tools.used('model', { requests: 1 }));
    await pass();
    expect(limits.usage()).toMatchObject({ model: { usedMs: 3_000 } });
  });
});

describe('a refusal of the service', () => {
  test('a refusal closes the limit for every agent, once for all calls under way', async () => {
    const [limits, other] = [agent(), agent()];
    const tools = limits.forTask(never);
    void tools.acquire('model', { requests: 2 });
    at(0.5, () => tools.used('model', { requests: 1 }));
    at(1, () => limits.refused(later(20)));
    at(1.1, () => limits.refused(later(20)));
    at(2, () => call('b', limits));
    at(3, () => call('c', other));
    await pass();
    expect(ends).toEqual([
      ['b', 21],
      // Behind the two seconds that the first agent leased for what it used before.
      ['c', 23],
    ]);
    expect(close).toHaveBeenCalledTimes(1);
    expect([limits.usage(), other.usage()]).toMatchObject([
      { model: { refused: 2 } },
      { model: { refused: 0 } },
    ]);
  });

  test('a closed limit has no turn for a call of unknown tokens either', async () => {
    const [limits, other] = [1, 2].map(() =>
      agent([{ name: 'model', perMinute: { tokens: 60_000 } } as typeof LIMIT]),
    );
    await limits?.refused(later(10));
    if (other) call('a', other, { tokens: 0 });
    await pass();
    expect(ends).toEqual([['a', 10]]);
  });

  test('a refusal for hours closes the limit for ten minutes', async () => {
    await agent().refused(later(20_000));
    expect(close.mock.calls).toEqual([['model', engine.nowMs + 600_000]]);
  });

  test.each<[string, readonly string[], NotNow['closes'], readonly string[]]>([
    ['that names a limit closes that one', ['model', 'slow'], { kind: 'named', limit: 'slow' }, ['slow']],
    ['that names none closes the only one', ['slow'], { kind: 'only one' }, ['slow']],
    ['that names none closes none of several', ['model', 'slow'], { kind: 'only one' }, []],
    ['of something else closes none', ['model'], { kind: 'none' }, []],
  ])('a refusal %s', async (_case, names, closes, closed) => {
    const limits = agent(names.map((name) => ({ ...LIMIT, name })));
    await limits.refused({ afterSeconds: 9, closes });
    expect(close.mock.calls.map(([name]) => name)).toEqual(closed);
  });

  test('a refusal that cannot be stored still closes the limit for this agent', async () => {
    close.mockRejectedValueOnce(new Error('no connection'));
    const limits = agent();
    await limits.refused(later(10));
    call('a', limits);
    await pass();
    expect(ends).toEqual([['a', 10]]);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('a refusal that names a limit which the pool does not have is an error', async () => {
    expect(await agent().refused({ afterSeconds: 9, closes: { kind: 'named', limit: 'other' } })).toEqual({
      kind: 'unknown limit',
      reason: 'unknown limit "other" (limits: model)',
    });
  });
});
