import { basename } from 'node:path';
import { type Arrival, readTrace } from '../../shared/tasks/trace.ts';
import { MADE_TRACES } from '../traces/made.ts';
import type { BacktestOptions } from './options.ts';

export type NamedTrace = { readonly name: string; readonly tasks: readonly Arrival[] };

/** The traces that a backtest is of, each with a name of its own. @throws Error that names the file and the line. */
export async function tracesOf({
  traces,
  made,
}: Pick<BacktestOptions, 'traces' | 'made'>): Promise<readonly NamedTrace[]> {
  if (made !== undefined) return MADE_TRACES.map(({ name, make }) => ({ name, tasks: make(made) }));
  const names = namesOf(traces);
  return Promise.all(
    traces.map(async (file, index) => ({ name: names[index] as string, tasks: await readTrace(file) })),
  );
}

/** What the files are called without folder and extension: `week`. Another file of that name is `week (2)`. */
export function namesOf(files: readonly string[]): readonly string[] {
  const names = files.map((file) => basename(file).replace(/\.csv(\.gz)?$/, ''));
  return names.map((name, index) => {
    const before = names.slice(0, index).filter((each) => each === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}
