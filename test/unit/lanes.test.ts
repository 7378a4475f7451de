// Covers: console/lanes.ts, console/page/pool/agent-lanes.ts
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

  test('ignores metrics, what a handler printed, and lines that were cut', () => {
    const cut = started(2, 't').slice(0, -3);
    expect(laneOf('{"_aws":{}}', 'hello', '{"level":"INFO"}', cut)).toBeUndefined();
  });
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
    ...fields,
  });

  test('show an agent that starts, which has logged nothing yet', () => {
    const [lane] = agentLanes([], [record({ status: 'starting' })], AT_MS);
    expect(lane?.stretches).toEqual([{ kind: 'starting', fromMs: AT_MS - 60_000, toMs: AT_MS }]);
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
