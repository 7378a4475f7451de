import type { MeasuredAttempt } from '../../../shared/telemetry/agent-metrics.ts';
import { CALM, type Minute, type Situation } from './played-pool.ts';

/** Tasks pile up, and nothing starts. */
function pilingUp(minute: number, seen: Minute['seen'] = {}): Partial<Minute> {
  const queue = { inFlight: 0, ...seen.queue, visible: 20 * (minute + 1) };
  return { seen: { ...CALM.seen, ...seen, queue }, attempts: [], oldestSeconds: 60 * (minute + 1) };
}

/** Ten tasks start, `late` of them late. */
function starts(late: number): readonly MeasuredAttempt[] {
  return Array.from({ length: 10 }, (_, task) => ({
    kind: 'started',
    queueWaitMs: task < late ? 45_000 : 500,
  }));
}

const FAILED: MeasuredAttempt = { kind: 'failed', isFinal: false };
const COMPLETED: MeasuredAttempt = { kind: 'completed', durationMs: 20_000 };

const unreadable = (part: NonNullable<Minute['unreadable']>): Situation => ({
  at: () => ({ unreadable: part }),
});
const always = (minute: Partial<Minute>): Situation => ({ at: () => minute });

/** What can be wrong with a pool, by the first column of the table in docs/operations.md. */
export const SITUATIONS: Readonly<Record<string, Situation>> = {
  // The scaler.
  "The scaler doesn't run": always({ isTicking: false }),
  "Ticks fail: the scaler can't write or can't change the service": always({ errors: { Scaler: 1 } }),
  "The scaler ticks but can't read the queue": unreadable('queue'),
  "The scaler ticks but can't read the service": unreadable('fleet'),
  "The scaler ticks but can't read the agents' records": unreadable('agents'),
  'Paused and forgotten, while tasks arrive': {
    at: (minute) => ({ ...pilingUp(minute), mode: { kind: 'paused', by: 'ops', atMs: 0 } }),
  },
  'A ceiling leaves the pool no agents': {
    changes: { min: 0, ceiling: { name: 'shared', max: 10 } },
    at: (minute) => ({
      ...pilingUp(minute, { agents: {} }),
      neighbours: [{ pool: 'other', priority: 5, desired: 10, wanted: 10, limits: [] }],
    }),
  },
  'More load than `max` agents can take': always({
    seen: { queue: { visible: 30, inFlight: 10 }, agents: { busy: 10 } },
  }),
  'A provider limit holds the pool back': {
    changes: { limits: [{ name: 'model', perMinute: { tokens: 400_000 } }], max: 100 },
    at: (minute) => ({
      ...pilingUp(minute, {
        queue: { inFlight: 10 },
        agents: {
          busy: 10,
          slots: { used: 10, free: 0, unusable: 0, draining: 0 },
          limitUse: { model: { msPerSecond: 1_000, slots: 10, waitingSlots: 0, refused: 0 } },
        },
      }),
      attempts: [COMPLETED],
    }),
  },
  'The hours budget is used up': always({
    seen: { ...CALM.seen, fleet: { running: 1000 } },
  }),

  // Agents.
  "Agents can't start": {
    at: (minute) => ({
      ...pilingUp(minute, { agents: { starting: 2 } }),
      ends: minute % 6 === 5 ? ['crashed', 'crashed'] : [],
    }),
  },
  'Agents crash in a loop': always({ ends: ['crashed'] }),
  'Agents freeze, and the scaler reaps them': {
    at: (minute) => ({
      seen: { ...CALM.seen, agents: { unresponsive: 5 } },
      ends: minute >= 3 ? ['crashed'] : [],
    }),
  },
  "Agents can't be placed": {
    at: (minute) =>
      pilingUp(minute, { fleet: { desired: 10, running: 5 }, agents: { busy: 5, starting: 5 } }),
  },
  "Receives are refused, by the queue's policy or its key": {
    // An agent that can't receive for five minutes exits, and another one starts.
    at: (minute) =>
      pilingUp(minute, { agents: minute % 6 < 5 ? { ready: 0, notReceiving: 5 } : { starting: 5 } }),
  },
  'Receives find nothing, though tasks are queued': {
    at: (minute) => pilingUp(minute, { agents: { ready: 5, idleSeconds: 600 + 60 * minute } }),
  },
  'Queued tasks are taken for blocked': {
    at: (minute) =>
      pilingUp(minute, {
        queue: { inFlight: 1 },
        agents: { ready: 4, busy: 1, idleSeconds: 600 + 60 * minute },
      }),
  },

  // Tasks.
  'Tasks fail for good': always({ deadLetters: 1 }),
  'The handler always fails': always({ attempts: [FAILED, FAILED, FAILED] }),
  'The handler hangs until its timeout': {
    at: (minute) => ({
      ...pilingUp(minute, { queue: { inFlight: 10 }, agents: { busy: 10 } }),
      attempts: minute % 15 === 14 ? Array.from({ length: 10 }, () => FAILED) : [],
    }),
  },
  'Retries take most of the capacity': always({ attempts: [...starts(0), FAILED, FAILED, COMPLETED] }),
  'Most tasks start late': always({ attempts: starts(6) }),
  'A third of the tasks start late, for hours': always({ attempts: starts(4) }),
  'A task or a conversation is stuck, and others go on': {
    at: (minute) => ({ oldestSeconds: 60 * (minute + 1) }),
  },

  // What goes on in the background.
  'The reconciler fails': { at: (minute) => ({ errors: { Reconciler: minute < 3 ? 1 : 0 } }) },
  'Compaction fails': { at: (minute) => ({ errors: { Compactor: minute === 0 ? 1 : 0 } }) },
  'Snapshots disappear or change': always({
    attempts: [{ ...COMPLETED, damage: 'a snapshot is missing' }],
  }),
};

/** What a healthy pool goes through. */
export const HARMLESS: Readonly<Record<string, Situation>> = {
  'calm traffic': always({}),
  'a burst that takes eight minutes to work off': {
    at: (minute) =>
      minute < 8
        ? { ...pilingUp(minute, { agents: { busy: 5, starting: 5 } }), attempts: starts(10) }
        : { attempts: starts(0) },
  },
  'a cold start with a slow image': {
    changes: { min: 0 },
    at: (minute) =>
      minute < 5
        ? { ...pilingUp(0, { agents: { starting: 1 } }), oldestSeconds: 60 * (minute + 1) }
        : { attempts: minute === 5 ? starts(10) : [] },
  },
  'an agent that loses its network for some minutes': {
    at: (minute) =>
      minute < 4
        ? {
            seen: { queue: { inFlight: 2 }, agents: { ready: 2, busy: 2, notReceiving: 1, idleSeconds: 10 } },
          }
        : {},
  },
  'a task as long as is allowed, and its retry': {
    at: (minute) => ({ oldestSeconds: Math.min(1_800, 60 * minute) }),
  },
  'a crash, and a task that fails once': {
    at: (minute) =>
      minute === 0 ? { ends: ['crashed'], attempts: [FAILED], errors: { Reconciler: 1 } } : {},
  },
  'ticks that cannot read the queue for some minutes': {
    at: (minute) => (minute < 4 ? { unreadable: 'queue' } : {}),
  },
};
