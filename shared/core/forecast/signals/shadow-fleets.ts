import * as z from 'zod';
import type { PoolConfig } from '../../pool/config.ts';
import { slotsOfWholeAgents } from '../../pool/slots.ts';
import { expectedLoad } from '../../queueing.ts';
import { band, type Expected, type Staffing, staffing } from '../../staffing.ts';
import { blended, CANDIDATES, type Candidate } from '../candidates.ts';
import type { Signal, Step } from '../signal.ts';
import { arrivedWithin } from './arrivals.ts';
import { MEMORY_TASKS } from './error-budget.ts';

const fleetShape = z.object({
  inSystem: z.number(),
  slots: z.number(),
  /** Slots of agents that start, soonest first. */
  starting: z.array(z.object({ inSeconds: z.number(), count: z.number() })),
  /** What it wanted, decaying with the hold time. */
  held: z.number(),
  /** What it would have cost and how many tasks would have been late, in decayed sums. */
  slotSeconds: z.number(),
  late: z.number(),
});
type ShadowFleet = Readonly<z.infer<typeof fleetShape>>;

const shape = z.object({
  fleets: z.array(fleetShape).length(CANDIDATES.length),
  /** Arrivals that the fleets' sums cover, decayed as they are. */
  tasks: z.number(),
  /** Slots used at the latest sample. */
  used: z.number(),
  /** Time since the fleets began. */
  seconds: z.number(),
  /** Late tasks of the pool, and of the shadow fleet of the candidates it used. */
  bias: z.object({ late: z.number(), shadow: z.number() }),
});
export type ShadowFleets = z.infer<typeof shape>;

/**
 * What each candidate would have cost, and how many tasks would have been late, on the tasks that really arrived. Which
 * tasks arrive doesn't depend on the fleet, so every candidate can be tried at once, in shadow fleets that follow the
 * policy's own rule.
 *
 * A shadow fleet is a fluid, but not one without chance: its arrivals are the real ones, and its slots complete tasks at
 * the rate at which the pool's slots really did in that time. It starts and stops whole agents, as the pool does, but
 * stops them as soon as that number of slots is free.
 */
export const shadowFleets: Signal<ShadowFleets> = {
  shape,
  initial: {
    fleets: CANDIDATES.map(() => ({
      inSystem: 0,
      slots: 0,
      starting: [],
      held: 0,
      slotSeconds: 0,
      late: 0,
    })),
    tasks: 0,
    used: 0,
    seconds: 0,
    bias: { late: 0, shadow: 0 },
  },
  learn,
  // What the pool did meanwhile is unknown: the fleets begin again, their sums stand.
  gap: (before, step) => ({
    ...before,
    fleets: before.fleets.map((fleet) => ({ ...fleet, held: 0 })),
    used: usedSlots(step),
    seconds: 0,
  }),
};

/**
 * A pool's first tasks are late with any staffing, since it has hardly any agents. So the fleets start out with the
 * agents they want, once those of the pool have had time to start, and those that were requested for the queue by then.
 */
const SETTLED_AFTER_STARTUPS = 4;
/** By then, the tasks that waited for the pool's first agents are done, too. */
const BIAS_AFTER_STARTUPS = 10;

function learn(before: ShadowFleets, step: Step): ShadowFleets {
  const { passed, expected } = step;
  const used = usedSlots(step);
  if (expected === undefined) return { ...before, used };
  const seconds = before.seconds + passed.seconds;
  const { startupSeconds } = expected;
  if (seconds < SETTLED_AFTER_STARTUPS * startupSeconds) {
    return {
      ...before,
      used,
      seconds,
      fleets: before.fleets.map((fleet, index) => settled(fleet, index, step)),
    };
  }
  const arrivals = Math.max(0, passed.arrivals);
  const kept = Math.exp(-arrivals / MEMORY_TASKS);
  const tick = tickOf(before.used, used, step);
  const late: number[] = [];
  const fleets = before.fleets.map((fleet, index) => {
    const after = moved(fleet, CANDIDATES[index] as Candidate, { expected, tick, config: step.config });
    late.push(after.late);
    return {
      ...after,
      late: fleet.late * kept + after.late,
      slotSeconds: fleet.slotSeconds * kept + after.slotSeconds,
    };
  });
  const comparable = seconds >= BIAS_AFTER_STARTUPS * startupSeconds;
  return {
    fleets,
    tasks: before.tasks * kept + arrivals,
    used,
    seconds,
    bias: comparable
      ? {
          late: before.bias.late * kept + passed.late,
          shadow: before.bias.shadow * kept + blended(expected.choice, (index) => late[index] as number),
        }
      : before.bias,
  };
}

function usedSlots({ observation: { agents } }: Step): number {
  return agents.kind === 'known' ? agents.value.slots.used + agents.value.slots.draining : 0;
}

/** A fleet with the tasks and agents of the pool, and what it wants beyond. */
function settled(
  fleet: ShadowFleet,
  index: number,
  { sample, expected, observation, config }: Step,
): ShadowFleet {
  if (expected === undefined || observation.fleet.kind === 'unknown') return fleet;
  const { running, pending } = observation.fleet.value;
  const { concurrency } = config;
  const pool = { inSystem: sample.inSystem, slots: concurrency * (running + pending), readyInSeconds: [] };
  const candidate = CANDIDATES[index] as Candidate;
  const { desired } = band(staffing(pool, expected, config), candidate.margin, concurrency);
  const slots = bounded(Math.max(desired, pool.slots), config);
  // The queue that built up before there were agents is no reason to hold any.
  const inSystem = Math.min(sample.inSystem, concurrency * running);
  const needed = staffing({ ...pool, inSystem }, expected, config);
  return {
    ...fleet,
    slots,
    inSystem: Math.min(sample.inSystem, slots),
    starting: [],
    held: heldOf(fleet, candidate, needed, config.tickSeconds),
  };
}

/** The most it has wanted, decaying with the hold time. */
function heldOf(
  { held }: ShadowFleet,
  { margin, holdSeconds }: Candidate,
  { slots, deviation }: Staffing,
  seconds: number,
): number {
  if (holdSeconds === 0) return 0;
  return Math.max(slots + margin * deviation, held * Math.exp(-seconds / holdSeconds));
}

/** What all fleets have in common from one sample to the next. */
type Tick = {
  readonly seconds: number;
  readonly arrivals: number;
  /** Tasks that arrived within the allowed queue wait before the end, and before the beginning. */
  readonly recent: { readonly atEnd: number; readonly atStart: number };
  /** Tasks whose allowed queue wait ended in this time. */
  readonly due: number;
  /** Mean task duration at the rate at which used slots completed tasks. */
  readonly durationSeconds: number;
};

function tickOf(usedBefore: number, used: number, { passed, expected, slots, config }: Step): Tick {
  const { seconds, ended } = passed;
  const allowed = config.objective.withinSeconds;
  const arrivals = Math.max(0, passed.arrivals);
  const atEnd = arrivedWithin(slots, allowed);
  // One slot more, that works as expected, keeps the rate finite while the pool is idle.
  const busySeconds = seconds * ((usedBefore + used) / 2 + 1);
  return {
    seconds,
    arrivals,
    recent: { atEnd, atStart: Math.max(0, atEnd - arrivals) },
    due: Math.max(0, arrivedWithin(slots, allowed + seconds) - atEnd),
    durationSeconds: busySeconds / (ended + seconds / (expected as Expected).durationSeconds),
  };
}

/** A fleet after a tick, with what that tick cost and how many tasks became late in it. */
function moved(
  fleet: ShadowFleet,
  candidate: Candidate,
  {
    expected,
    tick,
    config,
  }: { readonly expected: Expected; readonly tick: Tick; readonly config: PoolConfig },
): ShadowFleet {
  const inSystem = expectedLoad({
    inSystem: fleet.inSystem,
    slots: fleet.slots,
    readyInSeconds: readyIn(fleet.starting),
    arrivalsPerSecond: tick.arrivals / tick.seconds,
    durationSeconds: tick.durationSeconds,
    seconds: tick.seconds,
  });
  const starting = fleet.starting.map(({ inSeconds, count }) => ({
    inSeconds: inSeconds - tick.seconds,
    count,
  }));
  const working = starting.reduce(
    (sum, { inSeconds, count }) => (inSeconds < 0 ? sum + count : sum),
    fleet.slots,
  );
  // Tasks start in order, so those due are still queued as far as the queue is longer than what came after them.
  const overdue = (queue: number, since: number) => Math.min(tick.due, Math.max(0, queue - since));
  const late =
    (overdue(fleet.inSystem - fleet.slots, tick.recent.atStart) +
      overdue(inSystem - working, tick.recent.atEnd)) /
    2;
  const slots = starting.reduce(
    (sum, { inSeconds, count }) => (inSeconds === 0 ? sum + count : sum),
    working,
  );
  const still = starting.filter(({ inSeconds }) => inSeconds > 0);
  const coming = still.reduce((sum, { count }) => sum + count, 0);
  const needed = staffing({ inSystem, slots, readyInSeconds: readyIn(still) }, expected, config);
  const { concurrency } = config;
  const counts = band(needed, candidate.margin, concurrency);
  const held = heldOf(fleet, candidate, needed, tick.seconds);
  const desired = bounded(counts.desired, config);
  const keep = bounded(Math.max(counts.keep, slotsOfWholeAgents(held, concurrency)), config);
  const after = { inSystem, held, late, slotSeconds: tick.seconds * (slots + coming) };
  if (desired > slots + coming) {
    const started = { inSeconds: expected.startupSeconds, count: desired - slots - coming };
    return { ...after, slots, starting: [...still, started] };
  }
  // Like the pool, it stops only whole agents that are idle.
  const idle = Math.max(0, Math.floor((slots - Math.ceil(inSystem)) / concurrency)) * concurrency;
  return { ...after, slots: slots - Math.min(idle, Math.max(0, slots + coming - keep)), starting: still };
}

function readyIn(starting: ShadowFleet['starting']): number[] {
  return starting.flatMap(({ inSeconds, count }) => new Array<number>(count).fill(inSeconds));
}

function bounded(slots: number, { min, max, concurrency }: PoolConfig): number {
  return Math.min(max * concurrency, Math.max(min * concurrency, slots));
}
