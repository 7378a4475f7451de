// Covers: console/lanes.ts, console/page/pool/agent-lanes.ts
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Lane, lanes } from '../../console/lanes.ts';
import { agentLanes } from '../../console/page/pool/agent-lanes.ts';
import type { AgentView } from '../../shared/views/pool-view.ts';

const AT_MS = 1_767_571_200_000;
const ALWAYS = { fromMs: AT_MS - 3_600_000, toMs: AT_MS + 3_600_000 };

const line = (seconds: number, fields: object) =>
  JSON.stringify({
    level: 'INFO',
    timestamp: new Date(AT_MS + 1000 * seconds).toISOString(),
    pool: 'support',
    agent: 'a1',
    ...fields,
  });
const started = (seconds: number, taskId: string) =>
  line(seconds, { message: 'task started', taskId, contextId: 'c', attempt: 1 });
const ended = (seconds: number, taskId: string, outcome: object) =>
  line(seconds, { message: 'task ended', taskId, outcome: { durationMs: 2_000, ...outcome } });

function laneOf(...lines: readonly string[]): Lane | undefined {
  const found = lanes();
  for (const each of lines) found.addLine(each);
  return found.of('support', ALWAYS)[0];
}

describe("an agent's lane", () => {
  test('has the moments of its life and its attempts, as it logged them', () => {
    const lane = laneOf(
      line(1, { message: 'ready', launchedAtMs: AT_MS }),
      started(2, 't'),
      ended(4, 't', { kind: 'completed', context: { version: 3 } }),
      line(5, { message: 'takes no more tasks' }),
      line(6, { message: 'stopped' }),
    );
    expect(lane).toMatchObject({
      id: 'a1',
      launchedAtMs: AT_MS,
      readyAtMs: AT_MS + 1_000,
      leavingAtMs: AT_MS + 5_000,
      stoppedAtMs: AT_MS + 6_000,
      attempts: [
        {
          taskId: 't',
          contextId: 'c',
          startedAtMs: AT_MS + 2_000,
          endedAtMs: AT_MS + 4_000,
          contextVersion: 3,
        },
      ],
    });
  });

  test('has an attempt whose start was not read, from its duration', () => {
    const lane = laneOf(ended(4, 't', { kind: 'failed', reason: 'no' }));
    expect(lane?.attempts).toMatchObject([
      { startedAtMs: AT_MS + 2_000, endedAtMs: AT_MS + 4_000, outcome: 'failed', reason: 'no' },
    ]);
  });

  test('has each attempt once, also when its lines are read twice', () => {
    const twice = [started(2, 't'), ended(4, 't', { kind: 'completed' })];
    expect(laneOf(...twice, ...twice)?.attempts).toHaveLength(1);
  });

  test('has an attempt once when its end is read before its start', () => {
    const lane = laneOf(ended(4, 't', { kind: 'completed' }), started(2.1, 't'));
    expect(lane?.attempts).toMatchObject([
      { attempt: 1, startedAtMs: AT_MS + 2_100, endedAtMs: AT_MS + 4_000, outcome: 'completed' },
    ]);
    expect(lane?.attempts).toHaveLength(1);
  });

  test('has the same attempts in whatever order their lines are read', () => {
    const lines = [
      started(2, 't'),
      ended(4, 't', { kind: 'failed' }),
      started(4, 't'),
      ended(6, 't', { kind: 'completed' }),
      started(7, 'u'),
      ended(9, 'u', { kind: 'completed' }),
    ];
    const inOrder = laneOf(...lines)?.attempts;
    expect(inOrder?.map(({ startedAtMs }) => startedAtMs - AT_MS)).toEqual([2_000, 4_000, 7_000]);
    fc.assert(
      fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), (shuffled) => {
        expect(laneOf(...shuffled)?.attempts).toEqual(inOrder);
      }),
    );
  });

  test('ignores metrics, what a handler printed, and lines that were cut', () => {
    const cut = started(2, 't').slice(0, -3);
    expect(laneOf('{"_aws":{}}', 'hello', '{"level":"INFO"}', cut)).toBeUndefined();
  });
});

describe('an agent that was killed', () => {
  const of = (...lines: readonly string[]) => {
    const found = lanes();
    for (const each of lines) found.addLine(each);
    return found;
  };
  const onOther = (text: string) => text.replace('"a1"', '"a2"');

  test('lost its attempt when the task was started on another one', () => {
    const lost = { agentId: 'a1', outcome: 'lost', endedAtMs: AT_MS + 60_000 };
    const lines = [started(2, 't'), onOther(started(60, 't'))];
    for (const each of [lines, lines.toReversed()]) {
      expect(of(...each).attemptsAt('t')).toMatchObject([lost, { agentId: 'a2' }]);
      expect(of(...each).attemptsAt('t')[1]?.endedAtMs).toBeUndefined();
      expect(of(...each).of('support', ALWAYS)[0]?.attempts).toMatchObject([lost]);
    }
  });

  test("isn't in ranges long after its last line", () => {
    const inHours = (hours: number) => ({
      fromMs: AT_MS + hours * 3_600_000,
      toMs: AT_MS + (hours + 1) * 3_600_000,
    });
    const idle = of(line(1, { message: 'ready' }), started(2, 't'), ended(4, 't', { kind: 'completed' }));
    expect(idle.of('support', inHours(0))).toHaveLength(1);
    expect(idle.of('support', inHours(1))).toHaveLength(0);
    const working = of(line(1, { message: 'ready' }), started(2, 't'));
    expect(working.of('support', inHours(11))).toHaveLength(1);
    expect(working.of('support', inHours(13))).toHaveLength(0);
    working.addLine(onOther(started(60, 't')));
    expect(working.of('support', inHours(1)).map(({ id }) => id)).toEqual(['a2']);
  });
});

describe('an agent with several tasks at a time', () => {
  const slotsOf = (lane: Lane | undefined) =>
    lane?.attempts.map(({ taskId, slot = 0 }) => `${taskId} ${slot}`);

  test('has each attempt in the first slot that was free when it began', () => {
    const lane = laneOf(
      started(1, 'a'),
      started(2, 'b'),
      ended(3, 'a', { kind: 'completed' }),
      started(3, 'c'),
      started(4, 'd'),
      ended(5, 'b', { kind: 'completed' }),
      started(6, 'e'),
    );
    expect(slotsOf(lane)).toEqual(['a 0', 'b 1', 'c 0', 'd 2', 'e 1']);
  });

  test('keeps an attempt in its slot when the earlier ones are no longer shown', () => {
    const found = lanes();
    for (const each of [started(1, 'a'), started(2, 'b'), ended(3, 'a', { kind: 'completed' })])
      found.addLine(each);
    expect(slotsOf(found.of('support', { fromMs: AT_MS + 4_000, toMs: AT_MS + 5_000 })[0])).toEqual(['b 1']);
  });

  test('lives as long as one of its attempts has not ended, though a later one has', () => {
    const found = lanes();
    for (const each of [started(1, 'a'), started(2, 'b'), ended(4, 'b', { kind: 'completed' })])
      found.addLine(each);
    const [fromMs, toMs] = [AT_MS + 3_600_000, AT_MS + 7_200_000];
    expect(slotsOf(found.of('support', { fromMs, toMs })[0])).toEqual(['a 0']);
  });
});

test('of too many agents, those that have logged nothing for the longest time are dropped', () => {
  const found = lanes();
  const ready = (agent: string, seconds: number) => found.addLine(line(seconds, { message: 'ready', agent }));
  ready('old', 1);
  ready('quiet', 2);
  ready('old', 4);
  for (let index = 0; index < 5_498; index += 1) ready(`b${index}`, 3);
  for (let index = 0; index < 10; index += 1) ready(`c${index}`, 5);
  const ids = found.of('support', ALWAYS).map(({ id }) => id);
  expect(ids.length).toBeLessThan(5_100);
  expect(ids).toContain('old');
  expect(ids).toContain('c9');
  expect(ids).not.toContain('quiet');
});

describe('lanes with the records of agents', () => {
  const record = (fields: Partial<AgentView>): AgentView => ({
    id: 'a1',
    status: 'busy',
    statusSinceMs: AT_MS,
    heartbeatAtMs: AT_MS,
    launchedAtMs: AT_MS - 60_000,
    revision: 'agents:1',
    contextBytes: 0,
    slots: 1,
    taskIds: [],
    ...fields,
  });

  test('show an agent that starts, which has logged nothing yet', () => {
    const [lane] = agentLanes([], [record({ status: 'starting' })], AT_MS);
    expect(lane?.stretches).toEqual([{ kind: 'starting', fromMs: AT_MS - 60_000, toMs: AT_MS }]);
  });

  test('have a row for each slot, and for a free one beyond the eighth once it is used', () => {
    const rows = (slots: number, ...used: readonly number[]) => {
      const attempts = used.map((slot) => ({ agentId: 'a1', taskId: 't', startedAtMs: AT_MS, slot }));
      return agentLanes([{ id: 'a1', attempts }], [record({ slots })], AT_MS)[0]?.rows;
    };
    expect([rows(1), rows(4), rows(64), rows(64, 0, 11), rows(1, 2)]).toEqual([1, 4, 8, 12, 3]);
  });

  test('end an agent that was killed with several tasks where the last of them was seen', () => {
    const attempts = [
      { agentId: 'a1', taskId: 't', startedAtMs: AT_MS - 40_000, endedAtMs: AT_MS - 10_000 },
      { agentId: 'a1', taskId: 'u', startedAtMs: AT_MS - 30_000, endedAtMs: AT_MS - 20_000, slot: 1 },
    ];
    expect(agentLanes([{ id: 'a1', attempts }], [], AT_MS)[0]?.endedAtMs).toBe(AT_MS - 10_000);
  });

  test('end an agent that was killed where it was seen last', () => {
    const killed: Lane = {
      id: 'a1',
      readyAtMs: AT_MS - 50_000,
      attempts: [{ agentId: 'a1', taskId: 't', startedAtMs: AT_MS - 40_000 }],
    };
    expect(agentLanes([killed], [], AT_MS)[0]?.endedAtMs).toBe(AT_MS - 40_000);
  });

  test('show an agent that drains as draining from then on', () => {
    const lane: Lane = { id: 'a1', readyAtMs: AT_MS - 50_000, attempts: [] };
    const [drained] = agentLanes(
      [lane],
      [record({ status: 'draining', statusSinceMs: AT_MS - 10_000 })],
      AT_MS,
    );
    expect(drained?.stretches.map(({ kind }) => kind)).toEqual(['starting', 'alive', 'draining']);
  });
});
