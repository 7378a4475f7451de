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

/** Everything of one kind that belongs to a task. */
export const taskPrefix = (kind: 'payloads' | 'progress' | 'results', pool: string, taskId: string) =>
  `${objectPrefix(kind, pool)}${encodeId(taskId)}/`;

/** By its hash: a task that's sent again, with another payload, leaves alone the one that its message names. */
export const payloadKey = (pool: string, taskId: string, hash: string) =>
  `${taskPrefix('payloads', pool, taskId)}${hash}.json`;

type Attempt = { readonly taskId: string; readonly attempt: number };

export const progressKey = (pool: string, { taskId, attempt }: Attempt, atMs: number) =>
  `${taskPrefix('progress', pool, taskId)}${attempt}-${atMs}.json`;

export const resultKey = (pool: string, { taskId, attempt }: Attempt) =>
  `${taskPrefix('results', pool, taskId)}${attempt}.json`;
