import { tailLogs } from '../../local/tail-logs.ts';
import type { OpenPool } from '../stack.ts';
import {
  isSelected,
  type LogEvent,
  type LoggingFunction,
  type LogReader,
  type LogSelection,
  type LogSource,
} from './log-event.ts';
import { parseLogLine } from './log-line.ts';

/** The functions' files have the names of their resources. */
const FUNCTION_FILES: readonly (readonly [RegExp, LoggingFunction])[] = [
  [/ScalerFunction/, 'scaler'],
  [/ReconcilerFunction/, 'reconciler'],
  [/CompactorFunction/, 'compactor'],
];

type LocalLogs = {
  readonly directory: string;
  readonly pools: readonly OpenPool[];
  readonly selection: LogSelection;
  readonly sinceMs: number;
};

/** The logs of a local stack, in files: one for each agent and function. */
export function localLogs({ directory, pools, selection, sinceMs }: LocalLogs): LogReader {
  const lines: { readonly file: string; readonly text: string }[] = [];
  const tail = tailLogs(directory, (text, file) => void lines.push({ file, text }));
  const sources = new Map<string, LogSource | undefined>();
  const latest = new Map<string, number>();

  /** An agent's own lines say its pool, also when its record is gone; before the first of them, its record does. */
  async function sourceOf(file: string, text: string): Promise<LogSource | undefined> {
    const known = sources.get(file);
    if (known) return known;
    const found = saidBy(file, text) ?? (sources.has(file) ? undefined : await findSource(file, pools));
    sources.set(file, found);
    return found;
  }

  return {
    async next() {
      lines.length = 0;
      await tail.read();
      const events: LogEvent[] = [];
      for (const { file, text } of [...lines]) {
        const source = await sourceOf(file, text);
        if (!source || !isSelected(source, selection)) continue;
        const line = parseLogLine(text);
        // What a handler printed has the time of the line before it.
        const atMs = line.kind === 'logged' ? line.atMs : latest.get(file);
        if (atMs !== undefined) latest.set(file, atMs);
        if (atMs === undefined || atMs >= sinceMs) events.push({ source, atMs, text });
      }
      return events.toSorted((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0));
    },
  };
}

function saidBy(file: string, text: string): LogSource | undefined {
  const [, id] = /^agent-(.+)$/.exec(file) ?? [];
  const line = parseLogLine(text);
  if (id === undefined || line.kind !== 'logged') return undefined;
  const { pool } = line.details;
  return typeof pool === 'string' ? { kind: 'agent', id, pool } : undefined;
}

async function findSource(file: string, pools: readonly OpenPool[]): Promise<LogSource | undefined> {
  const [, id] = /^agent-(.+)$/.exec(file) ?? [];
  if (id === undefined) {
    const [, name] = FUNCTION_FILES.find(([pattern]) => pattern.test(file)) ?? [];
    return name && { kind: 'function', name };
  }
  const instances = await Promise.all(pools.map(({ store }) => store.instance(id)));
  const pool = pools[instances.findIndex((found) => found !== undefined)]?.pool.name;
  return pool === undefined ? undefined : { kind: 'agent', id, pool };
}
