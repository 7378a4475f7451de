import type { StoredValue } from '../core/pool/task-record.ts';

/** A task whose effect is in a context, with its result: what makes a redelivered task's effect happen once. */
export type AppliedTask = { readonly taskId: string; readonly result: StoredValue };

/** The one thing of a context that moves: which version is current, and where it is. */
export type ContextHead = {
  readonly contextId: string;
  readonly version: number;
  /** Of this version and of the one before; see `hashOf` in context/chain.ts. */
  readonly hash: string;
  readonly parent: string;
  /** Size of the plain content. */
  readonly plainBytes: number;
  readonly chain: Chain;
  /** The chain that the current one took over from: what is left should its base be lost. */
  readonly previous?: Chain;
  /** Chains that turned out to be damaged, kept for inspection. */
  readonly damaged?: readonly { readonly version: number; readonly reason: string; readonly chain: Chain }[];
  /** The latest tasks applied, newest first. */
  readonly applied: readonly AppliedTask[];
  readonly updatedAtMs: number;
};

/** Heads, and beside each the small pages of its chain. */
export type ContextStore = {
  /** The head with all pages beside it, in one request. */
  read(
    contextId: string,
  ): Promise<{ readonly head: ContextHead; readonly pages: ReadonlyMap<string, Uint8Array> } | undefined>;
  putPage(contextId: string, key: string, content: Uint8Array): Promise<void>;
  /** Moves the head from `head.version - 1` to `head.version`. False: it was not there any more. */
  advance(head: ContextHead): Promise<boolean>;
  /** Replaces the chain of a version by another one of the same version. False: the head has moved on. */
  rebase(head: ContextHead): Promise<boolean>;
  /** All heads of the pool, as they are read. */
  heads(): AsyncIterable<ContextHead>;
  deletePages(contextId: string, keys: readonly string[]): Promise<void>;
};

/**
 * The versions of a context since its last base: the base whole, as an object, then a link for each version after it,
 * which holds what is new in it. Full tails of links become pages; the head names all of them.
 */
export type Chain = {
  readonly base: Base;
  readonly pages: readonly Page[];
  /** The latest links, packed; in the head itself, so that most turns write nothing else. */
  readonly tail: Uint8Array;
  /** Hashes of the patterns that the base and the links were compressed with; they name them by place. */
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
  /** Its place in the chain's patterns, counted from 1; 0 for none. */
  readonly pattern: number;
};

/** Packed links outside of the head. Small pages lie beside it in the table, large ones are objects. */
export type Page = {
  readonly place: 'table' | 'object';
  readonly key: string;
  readonly bytes: number;
  readonly links: number;
};
