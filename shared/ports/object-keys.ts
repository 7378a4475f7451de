import { encodeId } from '../core/pool/id.ts';

/**
 * Keys of the objects in the bucket, each defined once: agents and clients write under them, and the stack's grants and
 * expiration rules use their prefixes.
 */
export const OBJECT_PREFIXES = {
  contexts: 'contexts/',
  patterns: 'patterns/',
  payloads: 'payloads/',
  progress: 'progress/',
  results: 'results/',
} as const;

export type ObjectKind = keyof typeof OBJECT_PREFIXES;

/** Everything of one kind that belongs to a pool. */
export function objectPrefix(kind: ObjectKind, pool: string): string {
  return `${OBJECT_PREFIXES[kind]}${pool}/`;
}

export const patternKey = (pool: string, hash: string) => `${objectPrefix('patterns', pool)}${hash}`;

export const payloadKey = (pool: string, taskId: string) =>
  `${objectPrefix('payloads', pool)}${encodeId(taskId)}.json`;

/** Everything of one kind that a task's attempts wrote. */
export const attemptsPrefix = (kind: 'progress' | 'results', pool: string, taskId: string) =>
  `${objectPrefix(kind, pool)}${encodeId(taskId)}/`;

type Attempt = { readonly taskId: string; readonly attempt: number };

export const progressKey = (pool: string, { taskId, attempt }: Attempt, atMs: number) =>
  `${attemptsPrefix('progress', pool, taskId)}${attempt}-${atMs}.json`;

export const resultKey = (pool: string, { taskId, attempt }: Attempt) =>
  `${attemptsPrefix('results', pool, taskId)}${attempt}.json`;
