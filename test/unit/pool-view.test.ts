import { expect, test } from 'vitest';
import { type AgentView, slotsOf } from '../../shared/views/pool-view.ts';
import { NOW_MS } from './build.ts';

const agent = (status: AgentView['status'], tasks: number, changes: Partial<AgentView> = {}): AgentView => ({
  id: 'agent-0',
  status,
  statusSinceMs: NOW_MS,
  heartbeatAtMs: NOW_MS,
  launchedAtMs: NOW_MS,
  revision: 'agents:1',
  contextBytes: 0,
  slots: 4,
  taskIds: Array.from({ length: tasks }, (_, index) => `task-${index}`),
  ...changes,
});

test.each<[string, readonly AgentView[], { used: number; total: number }]>([
  ['none without agents', [], { used: 0, total: 0 }],
  ['all of agents that take tasks', [agent('ready', 0), agent('busy', 3)], { used: 3, total: 8 }],
  ['those of a draining agent that its tasks use', [agent('draining', 2)], { used: 2, total: 2 }],
  ['none of an agent that starts', [agent('starting', 0)], { used: 0, total: 0 }],
  [
    'no free one of an agent that is held up',
    [agent('busy', 1, { heldUpSinceMs: 1 })],
    { used: 1, total: 1 },
  ],
  [
    'no less than used when the concurrency was lowered',
    [agent('busy', 4, { slots: 2 })],
    { used: 4, total: 4 },
  ],
])('the slots of a pool are %s', (_case, agents, expected) => {
  expect(slotsOf(agents)).toEqual(expected);
});
