import { decodeId, encodeId } from '../core/pool/id.ts';

/**
 * Every key of the single table, defined once: the adapters write under them, and the grants in `infra/` name
 * partitions through the same functions. Object keys are in `ports/object-keys.ts`.
 */
export type Key = { readonly pk: string; readonly sk: string };

/** Partition keys. With `*` for a name, a pattern for all of them, as `dynamodb:LeadingKeys` accepts it. */
export const PARTITIONS = {
  pool: (pool: string) => `POOL#${pool}`,
  /** Apart from the pool's state, because agents may write here and not there, and IAM sees no sort keys. */
  agents: (pool: string) => `POOL#${pool}#AGENTS`,
  patterns: (pool: string) => `POOL#${pool}#PATTERNS`,
  decisions: (pool: string) => `POOL#${pool}#DECISIONS`,
  overrides: (pool: string) => `POOL#${pool}#OVERRIDES`,
  history: (pool: string) => `POOL#${pool}#HISTORY`,
  /** Each context and each task has a partition of its own; these are what the keys of a pool's begin with. */
  contexts: (pool: string) => `CONTEXT#${pool}#`,
  tasks: (pool: string) => `TASK#${pool}#`,
  /** By the limit's name: pools share it. */
  limit: (name: string) => `LIMIT#${name}`,
} as const;

export function contextPartition(pool: string, contextId: string): string {
  return PARTITIONS.contexts(pool) + encodeId(contextId);
}

/** The ID in the key of a context's or a task's partition. */
export function idIn(partition: string, prefix: string): string {
  return decodeId(partition.slice(prefix.length));
}

/** A pattern for the partitions of all pools: state, decisions, overrides and history. */
export const EVERY_POOL_PARTITION = `${PARTITIONS.pool('*')}`;
export const EVERY_CONTEXT_PARTITION = 'CONTEXT#*';
export const EVERY_LIMIT_PARTITION = PARTITIONS.limit('*');

/**
 * A sparse index of the tasks that haven't ended, oldest first, and in partitions of their own of those that failed. A pool's are spread over partitions, because one takes
 * 1,000 writes per second.
 */
export const OPEN_INDEX = { name: 'open', partition: 'openIn', sort: 'sentAtMs' } as const;
export const OPEN_PARTITIONS = 8;

export function openPartition(pool: string, partition: number | '*'): string {
  return `OPEN#${pool}#${partition}`;
}

export function failedPartition(pool: string, partition: number): string {
  return `FAILED#${pool}#${partition}`;
}

export function openPartitionOf(pool: string, taskId: string): string {
  return openPartition(pool, partitionOf(taskId));
}

export function failedPartitionOf(pool: string, taskId: string): string {
  return failedPartition(pool, partitionOf(taskId));
}

/** The partition of a task: the same each time, and even over IDs. */
function partitionOf(taskId: string): number {
  let hash = 0;
  for (const character of taskId) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % OPEN_PARTITIONS;
}

export const AGENT_PREFIX = 'AGENT#';
export const PAGE_PREFIX = 'PAGE#';

/** A key that sorts by time. */
export function timeKey(atMs: number): string {
  return String(Math.floor(atMs)).padStart(15, '0');
}

/** A key that sorts by day: a day since 1970-01-01 as `YYYY-MM-DD`. */
export function dayKey(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

export const stateKey = (pool: string): Key => ({ pk: PARTITIONS.pool(pool), sk: 'STATE' });
export const patternsKey = (pool: string): Key => ({ pk: PARTITIONS.patterns(pool), sk: 'CURRENT' });
export const compactionKey = (pool: string): Key => ({ pk: PARTITIONS.pool(pool), sk: 'COMPACTION' });
export const agentKey = (pool: string, id: string): Key => ({
  pk: PARTITIONS.agents(pool),
  sk: `${AGENT_PREFIX}${id}`,
});
export const decisionKey = (pool: string, atMs: number): Key => ({
  pk: PARTITIONS.decisions(pool),
  sk: timeKey(atMs),
});
export const overrideKey = (pool: string, atMs: number): Key => ({
  pk: PARTITIONS.overrides(pool),
  sk: timeKey(atMs),
});
export const historyKey = (pool: string, day: number): Key => ({
  pk: PARTITIONS.history(pool),
  sk: dayKey(day),
});
export const headKey = (pool: string, contextId: string): Key => ({
  pk: contextPartition(pool, contextId),
  sk: 'HEAD',
});
export const pageKey = (pool: string, contextId: string, page: string): Key => ({
  pk: contextPartition(pool, contextId),
  sk: `${PAGE_PREFIX}${page}`,
});
export const taskKey = (pool: string, id: string): Key => ({
  pk: PARTITIONS.tasks(pool) + encodeId(id),
  sk: 'STATE',
});
export const limitKey = (name: string): Key => ({ pk: PARTITIONS.limit(name), sk: 'BUCKET' });
