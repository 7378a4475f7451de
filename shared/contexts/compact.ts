import type { Compaction } from '../ports/compaction-store.ts';
import { type ContextHead, endOf } from '../ports/context-store.ts';
import type { PatternStore } from '../ports/pattern-store.ts';
import {
  collectGarbage,
  collectPatterns,
  type Garbage,
  type GarbagePorts,
  type PoolRun,
  patternsOf,
} from './collect-garbage.ts';
import { type ListedContext, listedContexts } from './listed-contexts.ts';
import { isWorthMerging, mergeChain } from './merge-chain.ts';
import { LEARNED_BYTES_AT_MOST, LEARNED_FROM, learnFrom } from './new-patterns.ts';
import type { Patterns } from './patterns.ts';

export type CompactionPorts = GarbagePorts & {
  readonly patternStore: PatternStore;
  readonly patterns: Patterns;
};

/** What was done, or with `dryRun`, what would be. */
export type CompactionReport = Garbage & {
  readonly contexts: number;
  /** Contexts that have ended, which were deleted. */
  readonly ended: number;
  /** Contexts whose long chain was merged into a new base. */
  readonly merged: number;
  /** Size of the new patterns; absent unless they're better than the current ones. */
  readonly patternBytes?: number;
  /** Contexts that can't be read, at most 100 of them. */
  readonly unreadable: readonly { readonly contextId: string; readonly reason: string }[];
};

export type CompactionOptions = {
  /** The compaction to go on with. @default a new one */
  readonly from?: Compaction | undefined;
  readonly dryRun?: boolean;
  /** Days after its last turn when a context of the pool ends. */
  readonly keepDays?: number | undefined;
  /** Whether the run has to stop, and leave the rest to the next one. */
  readonly isOver?: () => boolean;
  /** Called now and then with how far it has got. */
  readonly onProgress?: (at: Compaction, report: CompactionReport) => Promise<void>;
};

/** Contexts visited at a time. Each takes a request to the table or two. */
const AT_A_TIME = 16;
const PROGRESS_EVERY = 1_024;
const UNREADABLE_AT_MOST = 100;
const EVERY_MS = 24 * 3_600_000;
/** Schedules are late and early by some minutes. */
const EARLY_MS = 30 * 60_000;

/** The compaction that a run has to do: the rest of the last one, a new one a day after that began, or none. */
export function dueCompaction(last: Compaction | undefined, nowMs: number): Compaction | undefined {
  if (last !== undefined && last.completedAtMs === undefined) return last;
  const isDue = last === undefined || nowMs - last.startedAtMs >= EVERY_MS - EARLY_MS;
  return isDue ? begin(nowMs, last) : undefined;
}

function begin(nowMs: number, last?: Compaction): Compaction {
  return { startedAtMs: nowMs, latest: [], patterns: [], unneeded: last?.unneeded ?? {} };
}

/**
 * Compacts a pool's contexts: ends those whose time is over, collects garbage, merges long chains, and learns patterns
 * when all have been visited. It never changes what a reader needs, so it can run next to agents and other compactions,
 * and be killed at any point: the next run goes on. Time is linear in the pool's contexts, memory is bounded.
 */
export async function compact(
  pool: string,
  ports: CompactionPorts,
  options: CompactionOptions = {},
): Promise<{ readonly report: CompactionReport; readonly compaction: Compaction }> {
  const { dryRun = false, keepDays, isOver = () => false, onProgress = async () => {} } = options;
  const run = { pool, ports, dryRun };
  let at = options.from ?? begin(ports.clock.now());
  let report: CompactionReport = {
    contexts: 0,
    ended: 0,
    merged: 0,
    unneeded: 0,
    deleted: 0,
    unreadable: [],
  };
  for await (const batch of batched(listedContexts(ports.objects, pool, at.after))) {
    if (isOver()) return { report, compaction: at };
    const visited = await Promise.all(batch.map((each) => visit(run, each, keepDays)));
    for (const { head, ended, garbage } of visited) {
      report = { ...added(report, garbage), contexts: report.contexts + 1, ended: report.ended + ended };
      if (head && isWorthMerging(head, ports.clock.now())) report = await merged(run, head, report);
      if (head) at = noted(at, head);
    }
    at = { ...at, after: (batch.at(-1) as ListedContext).contextId };
    if (report.contexts % PROGRESS_EVERY === 0) await onProgress(at, report);
  }
  return finish(run, at, report);
}

type Visited = { readonly head: ContextHead | undefined; readonly ended: number; readonly garbage: Garbage };

async function visit(
  run: PoolRun<CompactionPorts>,
  listed: ListedContext,
  keepDays: number | undefined,
): Promise<Visited> {
  const { store, clock } = run.ports;
  const parts = await store.parts(listed.contextId);
  const isEnded = parts.head !== undefined && hasEnded(parts.head, keepDays, clock.now());
  const isGone = isEnded && !run.dryRun && (await store.remove(parts.head));
  const left = isGone ? { ...parts, head: undefined } : parts;
  return { head: left.head, ended: isEnded ? 1 : 0, garbage: await collectGarbage(run, listed, left) };
}

/** A context that was last saved before its pool got an end for contexts has none of its own. */
function hasEnded(head: ContextHead, keepDays: number | undefined, nowMs: number): boolean {
  const endMs = endOf({ ...head, ...(keepDays !== undefined && { keepDays }) });
  return endMs !== undefined && endMs < nowMs;
}

async function merged(
  run: PoolRun<CompactionPorts>,
  head: ContextHead,
  report: CompactionReport,
): Promise<CompactionReport> {
  const result = await mergeChain(run, head);
  if (result.kind === 'merged') return { ...report, merged: report.merged + 1 };
  if (result.kind === 'left') return report;
  const unreadable = [...report.unreadable, { contextId: head.contextId, reason: result.reason }];
  return { ...report, unreadable: unreadable.slice(0, UNREADABLE_AT_MOST) };
}

/** Remembers what patterns are learned from, and which are needed. */
function noted(at: Compaction, head: ContextHead): Compaction {
  const { contextId, updatedAtMs, plainBytes } = head;
  const isAmongLatest = plainBytes <= LEARNED_BYTES_AT_MOST;
  const latest = isAmongLatest ? [...at.latest, { contextId, updatedAtMs }] : at.latest;
  return {
    ...at,
    patterns: [...new Set([...at.patterns, ...patternsOf(head)])],
    latest: latest.toSorted((a, b) => b.updatedAtMs - a.updatedAtMs).slice(0, LEARNED_FROM),
  };
}

async function finish(run: PoolRun<CompactionPorts>, at: Compaction, report: CompactionReport) {
  const patternBytes = await learnFrom(run, at.latest);
  const current = await run.ports.patternStore.current();
  const needed = new Set([...at.patterns, ...(current === undefined ? [] : [current])]);
  const { garbage, unneeded } = await collectPatterns(run, needed, at.unneeded);
  const { after: _, ...rest } = at;
  return {
    report: { ...added(report, garbage), ...(patternBytes !== undefined && { patternBytes }) },
    compaction: { ...rest, completedAtMs: run.ports.clock.now(), latest: [], patterns: [], unneeded },
  };
}

function added(report: CompactionReport, { unneeded, deleted }: Garbage): CompactionReport {
  return { ...report, unneeded: report.unneeded + unneeded, deleted: report.deleted + deleted };
}

async function* batched<T>(items: AsyncIterable<T>): AsyncIterable<readonly T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < AT_A_TIME) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
