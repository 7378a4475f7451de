import * as z from 'zod';

/** One attempt at a task, as its agent logged it. Times are epoch milliseconds. */
export type Attempt = {
  readonly agentId: string;
  readonly taskId: string;
  readonly contextId?: string | undefined;
  /** The first is number 1. Undefined if only its end was logged. */
  readonly attempt?: number | undefined;
  readonly startedAtMs: number;
  /** Undefined while it runs, or if its agent was killed. */
  readonly endedAtMs?: number;
  readonly outcome?: string;
  readonly reason?: string | undefined;
  /** The version of the context that it continued; 0 for a new conversation. */
  readonly contextVersion?: number | undefined;
};

/** An attempt among those of its agent. `slot`: the first one that was free when it began; absent for the first of all. */
export type PlacedAttempt = Attempt & { readonly slot?: number };

/** What an agent did, as it logged it: the moments of its life as far as they're known, and its attempts in order. */
export type Lane = {
  readonly id: string;
  readonly launchedAtMs?: number | undefined;
  readonly readyAtMs?: number | undefined;
  /** When it stopped taking tasks, because it was drained or got SIGTERM. */
  readonly leavingAtMs?: number | undefined;
  readonly stoppedAtMs?: number | undefined;
  readonly attempts: readonly PlacedAttempt[];
};

export type TimeRange = { readonly fromMs: number; readonly toMs: number };

/** Most tasks that are kept of an agent, and agents of a pool: an hour of 500 agents with tasks of a second. */
const TASKS_KEPT = 5_000;
const LANES_KEPT = 5_000;
/** Old ones are dropped when there are this many times as many, because finding them takes a sort. */
const OVERFLOW = 1.1;

/** An agent that logs nothing may be working for this long: a task lasts 11 hours at most. */
const WORKING_MS = 12 * 3_600_000;

const logLine = z.object({
  message: z.string(),
  timestamp: z.string(),
  pool: z.string(),
  agent: z.string(),
  taskId: z.string().optional(),
  contextId: z.string().optional(),
  attempt: z.number().optional(),
  launchedAtMs: z.number().optional(),
  outcome: z
    .object({
      kind: z.string(),
      durationMs: z.number(),
      reason: z.string().optional(),
      context: z.object({ version: z.number().optional() }).optional(),
    })
    .optional(),
});

type Line = z.infer<typeof logLine> & { readonly atMs: number };
type Outcome = NonNullable<Line['outcome']>;

/** What an agent logged about one task. Starts and ends are kept apart, because they may be read in any order. */
type Work = {
  readonly agentId: string;
  readonly taskId: string;
  readonly starts: Pick<Attempt, 'startedAtMs' | 'attempt' | 'contextId'>[];
  readonly ends: {
    readonly atMs: number;
    readonly contextId?: string | undefined;
    readonly outcome: Outcome;
  }[];
  /** Starts with their ends, in order. */
  attempts: readonly Attempt[];
};

type Kept = Omit<{ -readonly [Field in keyof Lane]: Lane[Field] }, 'attempts'> & {
  readonly work: Map<string, Work>;
  /** When it logged its last line. */
  lastAtMs: number;
  /** All its attempts in order. Undefined: they have to be sorted again. */
  sorted?: readonly Attempt[] | undefined;
};

type Pool = {
  readonly lanes: Map<string, Kept>;
  /** What all agents did for each task. */
  readonly tasks: Map<string, Set<Work>>;
};

const NOTHING: Pool = { lanes: new Map(), tasks: new Map() };

/** Collects what agents logged, line by line and in any order. Lines that say nothing about an agent's life are ignored. */
export function lanes() {
  const pools = new Map<string, Pool>();

  function add(line: Line): void {
    const { message, atMs, taskId, outcome } = line;
    if (message === 'ready') {
      Object.assign(laneOf(line), { readyAtMs: atMs, launchedAtMs: line.launchedAtMs });
    } else if (message === 'takes no more tasks') laneOf(line).leavingAtMs = atMs;
    else if (message === 'stopped') laneOf(line).stoppedAtMs = atMs;
    else if (message === 'task started' && taskId !== undefined) start(workOf(line, taskId), line);
    else if (outcome !== undefined && taskId !== undefined) end(workOf(line, taskId), line, outcome);
  }

  function laneOf({ pool, agent, atMs }: Line): Kept {
    const ofPool: Pool = pools.get(pool) ?? { lanes: new Map(), tasks: new Map() };
    pools.set(pool, ofPool);
    const lane: Kept = ofPool.lanes.get(agent) ?? { id: agent, work: new Map(), lastAtMs: atMs };
    lane.lastAtMs = Math.max(lane.lastAtMs, atMs);
    if (!ofPool.lanes.has(agent)) {
      // Before it's added, so that it isn't dropped with its line unread.
      if (ofPool.lanes.size >= LANES_KEPT * OVERFLOW) dropLanes(ofPool);
      ofPool.lanes.set(agent, lane);
    }
    return lane;
  }

  function workOf(line: Line, taskId: string): Work {
    const lane = laneOf(line);
    lane.sorted = undefined;
    const known = lane.work.get(taskId);
    if (known) return known;
    const work: Work = { agentId: line.agent, taskId, starts: [], ends: [], attempts: [] };
    lane.work.set(taskId, work);
    const tasks = pools.get(line.pool)?.tasks;
    tasks?.set(taskId, (tasks.get(taskId) ?? new Set()).add(work));
    if (tasks && lane.work.size > TASKS_KEPT * OVERFLOW) dropWork(lane, tasks);
    return work;
  }

  return {
    addLine(text: string): void {
      // Most lines are metrics, which have no level.
      if (!text.startsWith('{"level"')) return;
      const line = parse(text);
      if (line) add(line);
    },
    /** The agents of a pool that lived in a range, with the attempts that fall into it; those launched first come first. */
    of(pool: string, range: TimeRange): readonly Lane[] {
      const { lanes: ofPool, tasks } = pools.get(pool) ?? NOTHING;
      return [...ofPool.values()]
        .map((lane) => {
          // All of them, so that an attempt keeps its slot while the range goes on.
          const attempts = placed(sortedOf(lane).map((each) => concluded(each, tasks)));
          return { lane, attempts, beganAtMs: beganMs(lane, attempts) };
        })
        .filter(
          ({ lane, attempts, beganAtMs }) =>
            beganAtMs <= range.toMs && livedUntilMs(lane, attempts) >= range.fromMs,
        )
        .toSorted((a, b) => a.beganAtMs - b.beganAtMs)
        .map(({ lane: { work: _, sorted: __, lastAtMs: ___, ...lane }, attempts }) => ({
          ...lane,
          attempts: attempts.filter((each) => overlaps(each, range)),
        }));
    },
    /** The attempts at a task, in order. */
    attemptsAt(taskId: string): readonly Attempt[] {
      return [...pools.values()]
        .flatMap(({ tasks }) => attemptsOf(tasks.get(taskId)).map((each) => concluded(each, tasks)))
        .toSorted(byStart);
    },
    /** The attempts of a pool that started last, at most `count`. */
    latest(pool: string, count: number): readonly Attempt[] {
      const { lanes: ofPool, tasks } = pools.get(pool) ?? NOTHING;
      return [...ofPool.values()]
        .flatMap((lane) => sortedOf(lane).slice(-count))
        .toSorted((a, b) => byStart(b, a))
        .slice(0, count)
        .map((each) => concluded(each, tasks));
    },
  };
}

function start(work: Work, { contextId, attempt, atMs }: Line): void {
  if (work.starts.some(({ startedAtMs }) => startedAtMs === atMs)) return;
  work.starts.push({ startedAtMs: atMs, contextId, attempt });
  work.attempts = paired(work);
}

function end(work: Work, { contextId, atMs }: Line, outcome: Outcome): void {
  if (work.ends.some((each) => each.atMs === atMs)) return;
  work.ends.push({ atMs, contextId, outcome });
  work.attempts = paired(work);
}

/**
 * Gives each end the start that fits its duration best. An end whose start hasn't been read makes an attempt without a
 * number, until the start is read.
 */
function paired({ agentId, taskId, starts, ends }: Work): readonly Attempt[] {
  const open = new Set(starts.toSorted((a, b) => a.startedAtMs - b.startedAtMs));
  const ended = ends
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, contextId, outcome: { kind, durationMs, reason, context } }): Attempt => {
      const expectedMs = atMs - durationMs;
      const off = (each: { startedAtMs: number }) => Math.abs(each.startedAtMs - expectedMs);
      const [found] = [...open]
        .filter(({ startedAtMs }) => startedAtMs <= atMs)
        .toSorted((a, b) => off(a) - off(b));
      if (found) open.delete(found);
      return {
        agentId,
        taskId,
        ...(found ?? { contextId, startedAtMs: expectedMs }),
        endedAtMs: atMs,
        outcome: kind,
        reason,
        contextVersion: context?.version,
      };
    });
  return [...ended, ...[...open].map((each) => ({ agentId, taskId, ...each }))].toSorted(byStart);
}

/** An attempt without an end is lost once its task has been started again: its agent was killed. */
function concluded(attempt: Attempt, tasks: Pool['tasks']): Attempt {
  if (attempt.endedAtMs !== undefined) return attempt;
  const later = attemptsOf(tasks.get(attempt.taskId))
    .map(({ startedAtMs }) => startedAtMs)
    .filter((startedAtMs) => startedAtMs > attempt.startedAtMs);
  return later.length === 0 ? attempt : { ...attempt, endedAtMs: Math.min(...later), outcome: 'lost' };
}

/** Gives each attempt of an agent the first slot that's free when it begins. They're sorted by their start. */
function placed(attempts: readonly Attempt[]): readonly PlacedAttempt[] {
  const freeFromMs: number[] = [];
  return attempts.map((attempt) => {
    const free = freeFromMs.findIndex((atMs) => atMs <= attempt.startedAtMs);
    const slot = free < 0 ? freeFromMs.length : free;
    freeFromMs[slot] = attempt.endedAtMs ?? Infinity;
    return slot === 0 ? attempt : { ...attempt, slot };
  });
}

function attemptsOf(work: Iterable<Work> = []): readonly Attempt[] {
  return [...work].flatMap(({ attempts }) => attempts);
}

function sortedOf(lane: Kept): readonly Attempt[] {
  lane.sorted ??= attemptsOf(lane.work.values()).toSorted(byStart);
  return lane.sorted;
}

function byStart(a: Attempt, b: Attempt): number {
  return a.startedAtMs - b.startedAtMs;
}

/** Drops the agents that have logged nothing for the longest time. */
function dropLanes({ lanes: ofPool, tasks }: Pool): void {
  const oldestFirst = [...ofPool.values()].toSorted((a, b) => a.lastAtMs - b.lastAtMs);
  for (const lane of oldestFirst.slice(0, -LANES_KEPT)) {
    ofPool.delete(lane.id);
    for (const work of lane.work.values()) forget(work, tasks);
  }
}

/** Drops the tasks that an agent started before all others. */
function dropWork(lane: Kept, tasks: Pool['tasks']): void {
  const oldestFirst = [...lane.work.values()].toSorted((a, b) => lastStartMs(a) - lastStartMs(b));
  for (const work of oldestFirst.slice(0, -TASKS_KEPT)) {
    lane.work.delete(work.taskId);
    forget(work, tasks);
  }
}

/** One that has just been added has no attempts yet, and stays. */
function lastStartMs({ attempts }: Work): number {
  return attempts.at(-1)?.startedAtMs ?? Infinity;
}

function forget(work: Work, tasks: Pool['tasks']): void {
  const others = tasks.get(work.taskId);
  others?.delete(work);
  if (others?.size === 0) tasks.delete(work.taskId);
}

function parse(text: string): Line | undefined {
  try {
    const line = logLine.safeParse(JSON.parse(text)).data;
    const atMs = Date.parse(line?.timestamp ?? '');
    return line && !Number.isNaN(atMs) ? { ...line, atMs } : undefined;
  } catch {
    // A killed process leaves an incomplete line.
    return undefined;
  }
}

function overlaps({ startedAtMs, endedAtMs = Infinity }: Attempt, { fromMs, toMs }: TimeRange): boolean {
  return startedAtMs <= toMs && endedAtMs >= fromMs;
}

/**
 * When an agent is known to have lived last. One that was killed logged no end, so silence counts as life only while it
 * may be working: an idle agent that lives has its record.
 */
function livedUntilMs({ stoppedAtMs, lastAtMs }: Kept, attempts: readonly Attempt[]): number {
  const isWorking = attempts.some(({ endedAtMs }) => endedAtMs === undefined);
  return stoppedAtMs ?? (isWorking ? lastAtMs + WORKING_MS : lastAtMs);
}

function beganMs(
  { launchedAtMs, readyAtMs, leavingAtMs, stoppedAtMs }: Kept,
  attempts: readonly Attempt[],
): number {
  return launchedAtMs ?? readyAtMs ?? attempts[0]?.startedAtMs ?? leavingAtMs ?? stoppedAtMs ?? 0;
}
