/** Who wrote a line. */
export type LogSource =
  | { readonly kind: 'agent'; readonly id: string; readonly pool: string }
  | { readonly kind: 'function'; readonly name: LoggingFunction };

export const FUNCTIONS = ['scaler', 'reconciler', 'compactor'] as const;
export type LoggingFunction = (typeof FUNCTIONS)[number];

/** A line of a log, as it was written. `atMs`: when, as far as that's known; a file keeps only what lines themselves say. */
export type LogEvent = {
  readonly source: LogSource;
  readonly atMs: number | undefined;
  readonly text: string;
};

/** What to read. */
export type LogSelection =
  | { readonly kind: 'everything' }
  | { readonly kind: 'pool'; readonly pool: string }
  | { readonly kind: 'agent'; readonly pool: string; readonly id: string }
  | { readonly kind: 'function'; readonly name: LoggingFunction }
  /** One of its attempts or more, with what their agents wrote meanwhile. */
  | { readonly kind: 'task'; readonly pool: string; readonly id: string };

/** Reads logs step by step. */
export type LogReader = {
  /** What was written since the last call, in order. The first call starts at the reader's own beginning. */
  next(): Promise<readonly LogEvent[]>;
};

/** Whether a source belongs to a selection. A task's lines need {@link linesOfTask} too. */
export function isSelected(source: LogSource, selection: LogSelection): boolean {
  switch (selection.kind) {
    case 'everything':
      return true;
    case 'pool':
    case 'task':
      return source.kind === 'agent' && source.pool === selection.pool;
    case 'agent':
      return source.kind === 'agent' && source.id === selection.id;
    case 'function':
      return source.kind === 'function' && source.name === selection.name;
    default:
      return selection satisfies never;
  }
}
