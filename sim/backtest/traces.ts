import { basename } from 'node:path';
import { limitText, limitTimeMs, type ProviderLimit } from '../../shared/core/pool/provider-limit.ts';
import { type Arrival, readTrace } from '../../shared/tasks/trace.ts';
import { MADE_TRACES } from '../traces/made.ts';
import type { BacktestOptions } from './options.ts';

const MINUTE_MS = 60_000;

export type NamedTrace = { readonly name: string; readonly tasks: readonly Arrival[] };

/** The traces that a backtest is of, each with a name of its own. @throws Error that names the file and the line. */
export async function tracesOf({
  traces,
  made,
  times,
  model: { limit },
}: Pick<BacktestOptions, 'traces' | 'made' | 'times' | 'model'>): Promise<readonly NamedTrace[]> {
  if (made !== undefined && needsTokens(limit))
    throw new Error('made traces have no tokens: use a limit of requests, or a trace with a column tokens');
  if (made !== undefined)
    return MADE_TRACES.map(({ name, make }) => ({ name, tasks: replayed(make(made), times) }));
  const names = namesOf(traces);
  return Promise.all(
    traces.map(async (file, index) => ({
      name: names[index] as string,
      tasks: replayed(await readWith(file, limit), times),
    })),
  );
}

function needsTokens(limit: ProviderLimit | undefined): boolean {
  return limit?.perMinute.tokens !== undefined;
}

async function readWith(file: string, limit: ProviderLimit | undefined): Promise<readonly Arrival[]> {
  const trace = await readTrace(file);
  if (needsTokens(limit) && trace[0]?.tokens === undefined)
    throw new Error(`${file} has no column tokens, which a limit of tokens needs (arrival_s,work_s,tokens)`);
  // It would never have its turn, and the backtest no end.
  const never = trace.findIndex(
    ({ tokens = 0 }) => limit && limitTimeMs(limit, { requests: 1, tokens }) > MINUTE_MS,
  );
  if (limit && never >= 0) {
    const tokens = trace[never]?.tokens?.toLocaleString('en');
    const most = limitText(limit).replace(/^limit: /, '');
    throw new Error(
      `${file}: task ${never + 1} takes ${tokens} tokens, and the limit gives ${most}: a larger --limit is needed`,
    );
  }
  return trace;
}

/**
 * A trace with each arrival `times` times, spread evenly until the next one, so that a burst keeps its shape. Nothing
 * follows the last one, so it comes that often at once.
 */
export function replayed(trace: readonly Arrival[], times: number): readonly Arrival[] {
  if (times === 1) return trace;
  return trace.flatMap(({ atSeconds, ...task }, index) => {
    const apart = ((trace[index + 1]?.atSeconds ?? atSeconds) - atSeconds) / times;
    return Array.from({ length: times }, (_, copy) => ({
      ...task,
      atSeconds: atSeconds + copy * apart,
    }));
  });
}

/** What the files are called without folder and extension: `week`. Another file of that name is `week (2)`. */
export function namesOf(files: readonly string[]): readonly string[] {
  const names = files.map((file) => basename(file).replace(/\.csv(\.gz)?$/, ''));
  return names.map((name, index) => {
    const before = names.slice(0, index).filter((each) => each === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}
