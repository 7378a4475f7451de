import { type Dashboard, keyOf, keysOf } from '../../console/dashboard.ts';
import type { Lane } from '../../console/lanes.ts';
import type { Point, PoolNow, Source } from '../../console/source.ts';
import { LIVE_STATUSES } from '../../shared/core/pool/status.ts';
import { type AgentView, slotsOf } from '../../shared/views/pool-view.ts';

const GRAPHS = 20;
const LINES = 3;
/** An agent begins a task every ten minutes, and every other one has slots for several. */
const TASK_MS = 10 * 60_000;
const SLOTS = 4;
const HOUR_MS = 3_600_000;

export type LargeSource = Source & { readonly updates: number };

type Size = {
  readonly pools: number;
  readonly agents: number;
  /** Milliseconds between two updates of the pools, and of the points. */
  readonly pace: Source['pace'];
};

/** A large stack over a day. Every read changes some agents, and the last point of every line. */
export function largeSource({ pools, agents, pace }: Size): LargeSource {
  const names = Array.from({ length: pools }, (_, index) => `pool-${`${index}`.padStart(2, '0')}`);
  const dashboard = largeDashboard();
  const keys = keysOf([dashboard]);
  let updates = 0;
  return {
    get updates() {
      return updates;
    },
    stack: 'large',
    pools: names.map((name) => ({ name, queueName: name })),
    metricStack: 'large',
    dashboards: async () => [dashboard],
    points: async (sinceMs) =>
      Object.fromEntries(keys.map((key, place) => [key, wave(place, sinceMs, Date.now(), 60)])),
    series: async (specs, { fromMs, toMs }, period) =>
      Object.fromEntries(specs.map((spec, place) => [keyOf(spec), wave(place, fromMs, toMs, period)])),
    async readPools() {
      updates += 1;
      return names.map((name, index) => poolNow(name, Math.ceil(agents / (1 + (index % 7))), updates));
    },
    decisions: async () => [],
    lanes: async (_pool, { fromMs, toMs }) =>
      Array.from({ length: agents }, (_, index) => laneOf(index, fromMs, toMs)),
    alarms: async () => [],
    tasks: async () => [],
    task: async () => undefined,
    backtestInput: async () => undefined,
    traces: [],
    pace,
  };
}

/** A sine with a period of six hours. */
function wave(place: number, fromMs: number, toMs: number, periodSeconds: number): readonly Point[] {
  const first = Math.ceil(fromMs / 1000 / periodSeconds);
  const last = Math.floor(toMs / 1000 / periodSeconds);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index): Point => {
    const at = (first + index) * periodSeconds;
    const noise = first + index === last ? Math.random() : 0;
    return [at, 50 + 40 * Math.sin((2 * Math.PI * at) / (6 * 3600) + place) + noise];
  });
}

function poolNow(name: string, size: number, read: number): PoolNow {
  const agents = Array.from({ length: size }, (_, index) => agentNow(index, read));
  return {
    kind: 'read',
    name,
    queue: { visible: read % 50, inFlight: size, delayed: 0 },
    service: { desired: size, running: size, pending: 0, revision: 'agents:1' },
    agents,
    slots: slotsOf(agents),
    problems: [],
    mode: { kind: 'automatic' },
  };
}

function agentNow(index: number, read: number): AgentView {
  const status =
    LIVE_STATUSES[(index % 97 === read % 97 ? index + read : index) % LIVE_STATUSES.length] ?? 'ready';
  const slots = slotsAt(index);
  const tasks = status === 'busy' ? 1 + (read % slots) : 0;
  return {
    id: idOf(index),
    status,
    statusSinceMs: Date.now() - HOUR_MS,
    heartbeatAtMs: Date.now(),
    launchedAtMs: Date.now() - 24 * HOUR_MS,
    revision: 'agents:1',
    contextBytes: 0,
    slots,
    taskIds: Array.from({ length: tasks }, (_, task) => `task-${index}-${task}`),
  };
}

function slotsAt(index: number): number {
  return index % 2 === 0 ? 1 : SLOTS;
}

/** An agent that has worked all the time, in all its slots. */
function laneOf(index: number, fromMs: number, toMs: number): Lane {
  const slots = slotsAt(index);
  const tasks = Math.floor((toMs - fromMs) / TASK_MS);
  const beganMs = (task: number) => fromMs + task * TASK_MS;
  return {
    id: idOf(index),
    launchedAtMs: fromMs - HOUR_MS,
    readyAtMs: fromMs - HOUR_MS + 45_000,
    attempts: Array.from({ length: tasks }, (_, task) => ({
      agentId: idOf(index),
      taskId: `task-${index}-${task}`,
      contextId: `conversation-${index % 40}`,
      attempt: 1,
      slot: task % slots,
      startedAtMs: beganMs(task),
      endedAtMs: beganMs(task) + 0.9 * slots * TASK_MS,
      outcome: task % 50 === 49 ? 'failed' : 'completed',
    })),
  };
}

function idOf(index: number): string {
  return `${index}`.padStart(6, '0').padEnd(32, 'a');
}

function largeDashboard(): Dashboard {
  const line = (graph: number, index: number) => ({
    key: keyOf({
      namespace: 'test',
      metric: `m${graph}-${index}`,
      dimensions: {},
      stat: 'Average',
      perSecond: false,
    }),
    label: `line ${index}`,
    axis: 'left' as const,
  });
  return {
    name: 'large',
    alarms: [],
    graphs: Array.from({ length: GRAPHS }, (_, graph) => ({
      title: `graph ${graph}`,
      width: 8,
      stacked: graph % 3 === 0,
      unit: 'agents',
      rightUnit: '',
      limits: [],
      lines: Array.from({ length: LINES }, (_line, index) => line(graph, index)),
    })),
  };
}
