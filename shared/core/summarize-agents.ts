import {
  type Agents,
  type BusyLoad,
  type FleetReading,
  type LimitUse,
  MAX_VICTIMS,
  type Outdated,
  type RunningTasks,
  type Slots,
} from './observation.ts';
import { ownValue } from './own-value.ts';
import {
  type AgentInstance,
  canResume,
  isUnresponsive,
  NEVER_LOWERED,
  tasksOf,
} from './pool/agent-instance.ts';
import type { PoolConfig } from './pool/config.ts';
import { RING_MINUTES } from './pool/minutes.ts';
import { isLive } from './pool/status.ts';
import { activityOf, sumMinutes } from './summarize-activity.ts';

type Context = {
  readonly nowMs: number;
  readonly config: Pick<PoolConfig, 'heartbeatSeconds' | 'concurrency'>;
  /** Generation of the desired count in force. */
  readonly generation: number;
  /** The service, if it could be read. */
  readonly fleet: FleetReading | undefined;
};

/** Summarizes the records of a pool's agents for one decision. */
export function summarize(instances: readonly AgentInstance[], unreadable: number, context: Context): Agents {
  const live = instances.filter((instance) => isLive(instance.status));
  const [unresponsive, responsive] = partition(live, (instance) =>
    isUnresponsive(instance, context.nowMs, context.config.heartbeatSeconds),
  );
  const of = (status: AgentInstance['status']) => responsive.filter((instance) => instance.status === status);
  const starting = of('starting');
  const ready = of('ready');
  const busy = of('busy');
  const cooldown = of('cooldown');
  const draining = of('draining');
  const receiving = [...ready, ...cooldown].filter(receives);
  const notReceiving = ready.length + cooldown.length - receiving.length;
  const minutes = sumMinutes(instances, Math.floor(context.nowMs / 60_000) - RING_MINUTES);
  const working = [...cooldown, ...busy];
  const resumable = draining.filter(canResume);
  const load = loadOf(busy);
  const [occupied, empty] = partition(resumable, (instance) => tasksOf(instance) > 0);
  return {
    starting: starting.length + unregistered(live, context.fleet),
    ready: receiving.filter(({ status }) => status === 'ready').length,
    busy: busy.length,
    cooldown: receiving.filter(({ status }) => status === 'cooldown').length,
    draining: draining.length,
    replacing: draining.filter(({ drainGeneration }) => drainGeneration === NEVER_LOWERED).length,
    slots: slotsOf(receiving, busy, draining),
    notReceiving,
    unresponsive: unresponsive.length,
    unreadable,
    heldUp: busy.filter(({ heldUpSinceMs }) => heldUpSinceMs !== undefined).length,
    ...(load && { load }),
    idleSeconds: idleSeconds([...receiving, ...busy.filter(hasRoom)], context.nowMs),
    victims: [...idsOf(empty), ...chooseVictims(ready, context.fleet)].slice(0, MAX_VICTIMS),
    // The others are replaced.
    working: idsOf(leastLeftFirst(busy.filter((agent) => !isOutdated(agent, context.fleet)))),
    changing: [...ready, ...working].filter(({ slots }) => slots < context.config.concurrency).length,
    consolidating: { agents: resumable.length, empty: empty.length },
    resumable: idsOf([...leastLeftFirst(occupied).reverse(), ...empty]),
    outdated: outdated([...ready, ...working], context.fleet),
    unprotected: starting.filter((instance) => instance.unprotected).length,
    unaccountedDrains: draining
      .filter((instance) => (instance.drainGeneration ?? 0) > context.generation)
      .map((instance) => instance.id),
    limitUse: limitUse(responsive),
    running: runningTasks([...busy, ...draining], context.nowMs),
    minutes,
    activity: activityOf(instances, minutes, context.nowMs),
  };
}

function partition<T>(values: readonly T[], test: (value: T) => boolean): [T[], T[]] {
  const [yes, no]: [T[], T[]] = [[], []];
  for (const value of values) (test(value) ? yes : no).push(value);
  return [yes, no];
}

function idsOf(instances: readonly AgentInstance[]): readonly string[] {
  return instances.slice(0, MAX_VICTIMS).map(({ id }) => id);
}

function receives({ notReceivingSinceMs }: AgentInstance): boolean {
  return notReceivingSinceMs === undefined;
}

/** A busy agent that takes another task. */
function hasRoom(instance: AgentInstance): boolean {
  return receives(instance) && instance.heldUpSinceMs === undefined && tasksOf(instance) < instance.slots;
}

function slotsOf(
  idle: readonly AgentInstance[],
  busy: readonly AgentInstance[],
  draining: readonly AgentInstance[],
): Slots {
  const used = sum(busy, tasksOf);
  const open = [...idle, ...busy.filter(hasRoom)];
  return {
    used,
    free: sum(open, freeOf),
    unusable: sum(
      busy.filter((instance) => !hasRoom(instance)),
      freeOf,
    ),
    draining: sum(draining, tasksOf),
  };
}

function freeOf(instance: AgentInstance): number {
  return Math.max(0, instance.slots - tasksOf(instance));
}

function sum(instances: readonly AgentInstance[], of: (instance: AgentInstance) => number): number {
  return instances.reduce((total, instance) => total + of(instance), 0);
}

/** Rounded, because every decision's record holds it. */
function loadOf(busy: readonly AgentInstance[]): BusyLoad | undefined {
  const measured = busy.flatMap(({ load, tasks }) => (load ? [{ ...load, tasks: tasksOf({ tasks }) }] : []));
  if (measured.length === 0) return undefined;
  const mean = (field: 'tasks' | 'cpuShare') =>
    measured.reduce((total, each) => total + each[field], 0) / measured.length;
  return {
    tasks: round(mean('tasks')),
    cpuShare: round(mean('cpuShare')),
    memoryMiB: Math.max(...measured.map(({ memoryMiB }) => memoryMiB)),
    eventLoopDelayMs: Math.max(...measured.map(({ eventLoopDelayMs }) => eventLoopDelayMs)),
  };
}

function round(value: number): number {
  return Math.round(1_000 * value) / 1_000;
}

/** An agent has had its free slot since it last took a task, or since it last ended one. */
function idleSeconds(open: readonly AgentInstance[], nowMs: number): number {
  const since = open.map(({ statusSinceMs, lastUsedAtMs = 0, tasks, status }) =>
    status === 'busy' ? Math.max(statusSinceMs, lastUsedAtMs, ...Object.values(tasks)) : statusSinceMs,
  );
  return since.length === 0 ? 0 : Math.max(0, nowMs - Math.min(...since)) / 1000;
}

/** The fewer tasks, the sooner an agent has ended them; of as many, the longer the youngest has been running. */
function leastLeftFirst(working: readonly AgentInstance[]): AgentInstance[] {
  const youngest = ({ tasks }: AgentInstance) => Math.max(0, ...Object.values(tasks));
  return working.toSorted((a, b) => tasksOf(a) - tasksOf(b) || youngest(a) - youngest(b));
}

/** Agents requested but without a record yet: most of a start-up passes before an agent can write one. */
function unregistered(live: readonly AgentInstance[], fleet: FleetReading | undefined): number {
  if (!fleet) return 0;
  const staying = live.filter((instance) => instance.status !== 'draining' || canResume(instance)).length;
  return Math.max(0, fleet.desired - staying, fleet.running + fleet.pending - live.length);
}

/**
 * Agents in the order in which to scale them in: those that can't receive first, then those of an older deployment,
 * then those with the fewest warm contexts, then the longest idle, then the oldest.
 */
function chooseVictims(ready: readonly AgentInstance[], fleet: FleetReading | undefined): readonly string[] {
  const isCurrent = (instance: AgentInstance) => (isOutdated(instance, fleet) ? 0 : 1);
  const isDeaf = ({ notReceivingSinceMs }: AgentInstance) => (notReceivingSinceMs === undefined ? 1 : 0);
  return ready
    .toSorted(
      (a, b) =>
        isDeaf(a) - isDeaf(b) ||
        isCurrent(a) - isCurrent(b) ||
        a.warmContexts.length - b.warmContexts.length ||
        (a.lastUsedAtMs ?? 0) - (b.lastUsedAtMs ?? 0) ||
        a.launchedAtMs - b.launchedAtMs ||
        (a.id < b.id ? -1 : 1),
    )
    .slice(0, MAX_VICTIMS)
    .map((instance) => instance.id);
}

function outdated(atWork: readonly AgentInstance[], fleet: FleetReading | undefined): Outdated {
  const old = atWork.filter((instance) => isOutdated(instance, fleet));
  const [ready, working] = partition(old, (instance) => instance.status === 'ready');
  return { ready: chooseVictims(ready, fleet), working: latestFirst(working) };
}

/**
 * A forced deployment keeps the task definition: "You can use this option to start a new deployment with no service
 * definition changes" (UpdateService). Its agents differ from earlier ones only in when they were launched.
 *
 * An instance that drains waits for protected tasks for 48 hours, and then ends with them.
 */
function isOutdated({ id, revision, launchedAtMs }: AgentInstance, fleet: FleetReading | undefined): boolean {
  if (!fleet) return false;
  const { deployedAtMs = Number.NEGATIVE_INFINITY, leaving = [] } = fleet;
  return revision !== fleet.revision || launchedAtMs < deployedAtMs || leaving.includes(id);
}

/** Agents at work in the order in which to retire them: those that lose the least work if they have to be stopped. */
function latestFirst(working: readonly AgentInstance[]): readonly string[] {
  return working
    .toSorted(
      (a, b) =>
        Number(a.status === 'busy') - Number(b.status === 'busy') || b.statusSinceMs - a.statusSinceMs,
    )
    .slice(0, MAX_VICTIMS)
    .map(({ id }) => id);
}

/** The sum of what each agent did in a second. */
function limitUse(instances: readonly AgentInstance[]): Agents['limitUse'] {
  const sums: Record<string, LimitUse> = {};
  for (const { limitUse: use } of instances) {
    if (use === undefined || use.seconds <= 0) continue;
    for (const [name, { usedMs, waitedMs, refused }] of Object.entries(use.limits)) {
      const before = ownValue(sums, name) ?? { msPerSecond: 0, slots: 0, waitingSlots: 0, refused: 0 };
      sums[name] = {
        msPerSecond: before.msPerSecond + usedMs / use.seconds,
        slots: before.slots + use.slotSeconds / use.seconds,
        waitingSlots: before.waitingSlots + waitedMs / 1000 / use.seconds,
        refused: before.refused + refused,
      };
    }
  }
  return sums;
}

/** Up to 2¹⁶ s, 18 hours, which is longer than any task may run. */
const AGE_CLASSES = 17;

function runningTasks(working: readonly AgentInstance[], nowMs: number): RunningTasks {
  const byAge = new Array<number>(AGE_CLASSES).fill(0);
  let total = 0;
  for (const startedAtMs of working.flatMap(({ tasks }) => Object.values(tasks))) {
    const seconds = Math.max(0, nowMs - startedAtMs) / 1000;
    const place = Math.min(AGE_CLASSES - 1, Math.max(0, Math.floor(Math.log2(seconds))));
    byAge[place] = (byAge[place] as number) + 1;
    total += seconds;
  }
  return { seconds: total, byAge: byAge.slice(0, byAge.findLastIndex((count) => count > 0) + 1) };
}
