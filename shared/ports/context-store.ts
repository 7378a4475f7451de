import type { StoredValue } from '../core/pool/task-record.ts';

/** A task whose effect a context includes, with its result. It makes a redelivered task's effect happen once. */
export type AppliedTask = { readonly taskId: string; readonly result: StoredValue };

/** The only part of a context that changes: which version is current, and where it's stored. */
export type ContextHead = {
  readonly contextId: string;
  readonly version: number;
  /** Hashes of this version and of the one before; see `hashOf` in contexts/chain.ts. */
  readonly hash: string;
  readonly parent: string;
  /** Size of the plain content. */
  readonly plainBytes: number;
  readonly chain: Chain;
  /** The chain before the current one: the fallback if the current chain's base is lost. */
  readonly previous?: Chain;
  /** Damaged chains, kept for inspection. */
  readonly damaged?: readonly { readonly version: number; readonly reason: string; readonly chain: Chain }[];
  /** The latest tasks applied, newest first. */
  readonly applied: readonly AppliedTask[];
  readonly updatedAtMs: number;
  /** Days after its last turn when the context ends. Absent: it's kept. */
  readonly keepDays?: number;
};

/** When a context ends, in epoch milliseconds; undefined if it's kept. */
export function endOf({ updatedAtMs, keepDays }: ContextHead): number | undefined {
  return keepDays === undefined ? undefined : updatedAtMs + keepDays * 86_400_000;
}

/** A head with those pages of its chains that are in the table, by key. */
export type StoredContext = { readonly head: ContextHead; readonly pages: TablePages };

export type TablePages = ReadonlyMap<string, Uint8Array>;

/** What the table has of a context, pages without a head included. */
export type ContextParts = {
  readonly head: ContextHead | undefined;
  /** `writtenAtMs` is unknown for pages of earlier versions. */
  readonly pages: readonly { readonly key: string; readonly writtenAtMs: number | undefined }[];
};

/** Heads, each with the small pages of its chain. */
export type ContextStore = {
  /** The head with its pages, in one request. */
  read(contextId: string): Promise<StoredContext | undefined>;
  putPage(contextId: string, key: string, content: Uint8Array): Promise<void>;
  /**
   * Moves the head from `head.version - 1` to `head.version`. False: another writer has moved it. Version 1 also
   * replaces a context that has ended.
   */
  advance(head: ContextHead): Promise<boolean>;
  /** Replaces a version's chain by another one for the same version. False: the head has moved on. */
  rebase(head: ContextHead): Promise<boolean>;
  /** Strongly consistent, without the content of pages. */
  parts(contextId: string): Promise<ContextParts>;
  /** Deletes a head at this version. False: it has moved on, or there's none. */
  remove(head: ContextHead): Promise<boolean>;
  deletePages(contextId: string, keys: readonly string[]): Promise<void>;
};

/**
 * The versions of a context since its last base. The base is an object with the whole version. Each later version is a
 * link that holds what's new in it. Full tails of links become pages, and the head names all of them.
 */
export type Chain = {
  readonly base: Base;
  readonly pages: readonly Page[];
  /** The latest links, packed, in the head itself, so that most turns write nothing else. */
  readonly tail: Uint8Array;
  /** Hashes of the patterns that compressed the base and the links, which refer to them by place. */
  readonly patterns: readonly string[];
};

export type Base = {
  readonly version: number;
  readonly key: string;
  readonly bytes: number;
  readonly plainBytes: number;
  readonly hash: string;
  /** Hash of the version before it. */
  readonly parent: string;
  /** Place of its pattern in the chain's patterns, counted from 1; 0 for none. */
  readonly pattern: number;
};

/** Packed links outside the head. Small pages are in the table next to it, large ones are objects. */
export type Page = {
  readonly place: 'table' | 'object';
  readonly key: string;
  readonly bytes: number;
  readonly links: number;
};
