import { describe, expect, test } from 'vitest';
import type { AgentInstance } from '../../shared/core/pool/agent-instance.ts';
import { chooseStuckTasks, mayHaveStuckTasks, REAP_AT_MOST } from '../../shared/core/reap.ts';
import { instance } from './build.ts';

const NOW_MS = 10_000_000;
/** 80 seconds to end, 180 in all to start, 380 for a task. */
const GRACE = {
  heartbeatSeconds: 10,
  stopTimeoutSeconds: 25,
  startTimeoutSeconds: 100,
  taskTimeoutSeconds: 300,
};

const ago = (seconds: number) => NOW_MS - seconds * 1000;
const record = (
  id: string,
  status: AgentInstance['status'],
  sinceSeconds: number,
  changes: Partial<AgentInstance> = {},
) => instance({ id, status, statusSinceMs: ago(sinceSeconds), ...changes });
const at = (...secondsAgo: number[]) => ({
  tasks: Object.fromEntries(secondsAgo.map((seconds, index) => [`t${index}`, ago(seconds)])),
});
const leaving = { drainGeneration: 1 };

describe('reaping', () => {
  test.each<[string, 'stopped' | 'kept', number, AgentInstance | undefined]>([
    ['without a record after its time to start', 'stopped', 181, undefined],
    ['without a record within its time to start', 'kept', 180, undefined],
    ['of a lost agent after its time to end', 'stopped', 900, record('agentless', 'lost', 81)],
    ['of a lost agent within its time to end', 'kept', 900, record('agentless', 'lost', 80)],
    ['of an agent that deregistered and did not end', 'stopped', 900, record('agentless', 'stopped', 81)],
  ])('an ECS task %s is %s', (_which, what, ageSeconds, known) => {
    const agentless = [{ id: 'agentless', startedAtMs: ago(ageSeconds) }];
    const reaped = chooseStuckTasks({ agentless, instances: known ? [known] : [] }, NOW_MS, GRACE);
    expect(reaped.map(({ id }) => id)).toEqual(what === 'stopped' ? ['agentless'] : []);
  });
});

test('an agent that hangs in a drain or at one task is reaped, and a working one never is', () => {
  const instances = [
    record('hangs', 'draining', 81, leaving),
    record('drains', 'draining', 80, leaving),
    record('drains with a task', 'draining', 900, { ...leaving, ...at(380) }),
    record('has ended its tasks lately', 'draining', 900, { ...leaving, lastUsedAtMs: ago(80) }),
    record('may be taken back', 'draining', 900),
    record('endless', 'busy', 900, at(1, 381)),
    record('drains for ever', 'draining', 900, at(381)),
    record('busy', 'busy', 900, at(1, 380)),
    record('ready', 'ready', 9_000),
    record('starting', 'starting', 9_000),
  ];
  expect(chooseStuckTasks({ agentless: [], instances }, NOW_MS, GRACE)).toEqual([
    { id: 'hangs', reason: "its agent is draining but hasn't exited" },
    { id: 'endless', reason: 'its agent has been on one task for too long' },
    { id: 'drains for ever', reason: 'its agent has been on one task for too long' },
  ]);
});

test('one tick reaps a bounded number of ECS tasks', () => {
  const agentless = Array.from({ length: 99 }, (_, index) => ({ id: `${index}`, startedAtMs: 0 }));
  expect(chooseStuckTasks({ agentless, instances: [] }, NOW_MS, GRACE)).toHaveLength(REAP_AT_MOST);
});

test('ECS tasks are listed only when more of them run than agents have records', () => {
  const instances = [record('a', 'busy', 1), record('b', 'draining', 1), record('c', 'lost', 1)];
  expect(mayHaveStuckTasks(2, instances)).toBe(false);
  expect(mayHaveStuckTasks(3, instances)).toBe(true);
});
