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

/** What an agent did, as it logged it: the moments of its life as far as they're known, and its attempts in order. */
export type Lane = {
  readonly id: string;
  readonly launchedAtMs?: number | undefined;
  readonly readyAtMs?: number | undefined;
  /** When it stopped taking tasks, because it was drained or got SIGTERM. */
  readonly leavingAtMs?: number | undefined;
  readonly stoppedAtMs?: number | undefined;
  readonly attempts: readonly Attempt[];
};

export type TimeRange = { readonly fromMs: number; readonly toMs: number };

/** Most attempts that are kept of an agent, and agents of a pool: an hour of 500 agents with tasks of a second. */
const ATTEMPTS_KEPT = 5_000;
const LANES_KEPT = 5_000;

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
type Writable = { -readonly [Field in keyof Lane]: Lane[Field] } & { attempts: Attempt[] };

/** Collects what agents logged, line by line and in any order. Lines that say nothing about an agent's life are ignored. */
export function lanes() {
  const pools = new Map<string, Map<string, Writable>>();

  function laneOf({ pool, agent }: Line): Writable {
    const ofPool = pools.get(pool) ?? new Map<string, Writable>();
    pools.set(pool, ofPool);
    const lane = ofPool.get(agent) ?? { id: agent, attempts: [] };
    if (!ofPool.has(agent)) {
      ofPool.set(agent, lane);
      const [first = ''] = ofPool.keys();
      if (ofPool.size > LANES_KEPT) ofPool.delete(first);
    }
    return lane;
  }

  function add(line: Line): void {
    const { message, atMs, taskId, outcome } = line;
    if (message === 'ready') {
      Object.assign(laneOf(line), { readyAtMs: atMs, launchedAtMs: line.launchedAtMs });
    } else if (message === 'takes no more tasks') laneOf(line).leavingAtMs = atMs;
    else if (message === 'stopped') laneOf(line).stoppedAtMs = atMs;
    else if (message === 'task started' && taskId !== undefined) start(laneOf(line), line, taskId);
    else if (outcome !== undefined && taskId !== undefined) end(laneOf(line), line, taskId, outcome);
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
      return [...(pools.get(pool)?.values() ?? [])]
        .map((lane) => ({ ...lane, attempts: lane.attempts.filter((each) => overlaps(each, range)) }))
        .filter((lane) => livedIn(lane, range))
        .toSorted((a, b) => beganMs(a) - beganMs(b));
    },
    /** The attempts at a task, in order. */
    attemptsAt(taskId: string): readonly Attempt[] {
      return everyAttempt()
        .filter((each) => each.taskId === taskId)
        .toSorted((a, b) => a.startedAtMs - b.startedAtMs);
    },
    /** The attempts of a pool that ended last, at most `count`. */
    latest(pool: string, count: number): readonly Attempt[] {
      return [...(pools.get(pool)?.values() ?? [])]
        .flatMap(({ attempts }) => attempts.slice(-count))
        .toSorted((a, b) => b.startedAtMs - a.startedAtMs)
        .slice(0, count);
    },
  };

  function everyAttempt(): readonly Attempt[] {
    return [...pools.values()].flatMap((ofPool) => [...ofPool.values()].flatMap(({ attempts }) => attempts));
  }
}

function start({ attempts }: Writable, { agent, contextId, attempt, atMs }: Line, taskId: string): void {
  if (attempts.some((each) => each.taskId === taskId && each.startedAtMs === atMs)) return;
  attempts.push({ agentId: agent, taskId, contextId, attempt, startedAtMs: atMs });
  if (attempts.length > ATTEMPTS_KEPT) attempts.shift();
}

/** Ends the attempt that's open for this task, or adds one whose start wasn't read. */
function end(
  { attempts }: Writable,
  { agent, contextId, atMs }: Line,
  taskId: string,
  { kind, durationMs, reason, context }: NonNullable<Line['outcome']>,
): void {
  const ended = { endedAtMs: atMs, outcome: kind, reason, contextVersion: context?.version };
  const place = attempts.findLastIndex((each) => each.taskId === taskId && each.startedAtMs <= atMs);
  const open = attempts[place];
  if (open && (open.endedAtMs ?? atMs) === atMs) attempts[place] = { ...open, ...ended };
  else attempts.push({ agentId: agent, taskId, contextId, startedAtMs: atMs - durationMs, ...ended });
}

function parse(text: string): Line | undefined {
  try {
    const line = logLine.safeParse(JSON.parse(text)).data;
    return line && { ...line, atMs: Date.parse(line.timestamp) };
  } catch {
    // A killed process leaves an incomplete line.
    return undefined;
  }
}

function overlaps({ startedAtMs, endedAtMs = Infinity }: Attempt, { fromMs, toMs }: TimeRange): boolean {
  return startedAtMs <= toMs && endedAtMs >= fromMs;
}

function livedIn(lane: Lane, { fromMs, toMs }: TimeRange): boolean {
  return beganMs(lane) <= toMs && (lane.stoppedAtMs ?? Infinity) >= fromMs;
}

function beganMs({ launchedAtMs, readyAtMs, attempts, leavingAtMs, stoppedAtMs }: Lane): number {
  return launchedAtMs ?? readyAtMs ?? attempts[0]?.startedAtMs ?? leavingAtMs ?? stoppedAtMs ?? 0;
}
