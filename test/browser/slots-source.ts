import type { Lane, PlacedAttempt } from '../../console/lanes.ts';
import type { Source } from '../../console/source.ts';
import { type PoolConfig, parsePools } from '../../shared/core/pool/config.ts';
import type { DecisionView } from '../../shared/views/decision-view.ts';
import { type AgentView, slotsOf } from '../../shared/views/pool-view.ts';
import { largeSource } from './large-source.ts';

const SLOTS = 4;
const MINUTE_MS = 60_000;
const TICK_MS = 10_000;
const TICKS = 20;

export const HELD_BACK = 'the limit anthropic feeds 6 slots, which are 2 agents; the policies want 4 of them';
const OTHER_LIMIT = 'openai: 600 requests a minute feed 40 slots; 12 % used in five minutes';

/** A pool whose agents have four slots, held back by a provider's limit: one has a full house, one is held up, one drains. */
export function slotsSource(): Source {
  const beganMs = Date.now();
  const agents = [
    agent('aaaaaa', ['a-0', 'a-1', 'a-2', 'a-3'], beganMs),
    { ...agent('bbbbbb', ['b-0'], beganMs), heldUpSinceMs: beganMs },
    { ...agent('cccccc', ['c-0', 'c-1'], beganMs), status: 'draining' as const },
  ];
  const base = largeSource({ pools: 1, agents: 1, pace: { pools: 1_000, points: 60_000 } });
  const decisions = Array.from({ length: TICKS }, (_, index) => decision(beganMs - index * TICK_MS));
  return {
    ...base,
    async readPools() {
      const [pool] = await base.readPools();
      return pool?.kind === 'read'
        ? [{ ...pool, agents, slots: slotsOf(agents), decision: decision(beganMs) }]
        : [];
    },
    decisions: async (_pool, { fromMs, toMs }, atMost) =>
      decisions.filter(({ atMs }) => fromMs < atMs && atMs <= toMs).slice(0, atMost),
    backtestInput: async () => ({
      config: poolWithSlots(),
      startupSeconds: 45,
      arrivals: [{ atSeconds: 0, durationSeconds: 1 }],
    }),
    lanes: async () => agents.map((each) => laneOf(each, beganMs)),
  };
}

function poolWithSlots(): PoolConfig {
  const [config] = parsePools([{ name: 'pool-00', handler: './agent.ts', concurrency: SLOTS }]);
  return config as PoolConfig;
}

function agent(id: string, taskIds: readonly string[], nowMs: number): AgentView {
  return {
    id: id.padEnd(32, id),
    status: 'busy',
    statusSinceMs: nowMs - MINUTE_MS,
    heartbeatAtMs: nowMs,
    launchedAtMs: nowMs - 4 * MINUTE_MS,
    revision: 'agents:1',
    contextBytes: 0,
    slots: SLOTS,
    taskIds,
  };
}

/** Each task has been running for a minute, in a slot of its own. */
function laneOf({ id, taskIds, launchedAtMs }: AgentView, nowMs: number): Lane {
  const attempts = taskIds.map(
    (taskId, slot): PlacedAttempt => ({
      agentId: id,
      taskId,
      contextId: `conversation-${taskId}`,
      attempt: 1,
      startedAtMs: nowMs - MINUTE_MS,
      slot,
    }),
  );
  return { id, launchedAtMs, readyAtMs: launchedAtMs + 30_000, attempts };
}

function decision(atMs: number): DecisionView {
  return {
    pool: 'pool-00',
    atMs,
    kind: 'hold',
    from: 2,
    desired: 2,
    reason: HELD_BACK,
    code: 'ProviderLimit',
    read: {
      visible: 9,
      inFlight: 7,
      idle: 0,
      busy: 2,
      starting: 0,
      draining: 1,
      slotsUsed: 7,
      slots: 7,
      heldUp: 1,
    },
    limits: [HELD_BACK, OTHER_LIMIT],
    drains: ['draining 1 at work', 'taking back a drain'],
    proposals: [{ kind: 'want', policy: 'predictive', desired: 4, why: 'load of 16 tasks' }],
    guards: [{ from: 4, to: 2, reason: { code: 'ProviderLimit', text: HELD_BACK } }],
    bounds: { min: 1, max: 9, objective: { percent: 95, withinSeconds: 30 } },
    line: '',
    sections: [],
  };
}
