import { readLines } from './read-lines.ts';

/** One task in a trace. */
export type Arrival = { readonly atSeconds: number; readonly durationSeconds: number };

const HEADER = 'arrival_s,work_s';

/** Reads a trace. @throws Error with file and line for a value that isn't a number, is negative or is out of order. */
export async function readTrace(file: string): Promise<readonly Arrival[]> {
  return parseTrace(file, await readLines(file));
}

/** The trace in a file's non-empty lines. @throws as {@link readTrace} does. */
export function parseTrace(file: string, [header, ...lines]: readonly string[]): readonly Arrival[] {
  if (header !== HEADER) throw new Error(`${file}: line 1 is "${header ?? ''}", expected "${HEADER}"`);
  const arrivals: Arrival[] = [];
  for (const [index, line] of lines.entries()) {
    const where = `${file}: line ${index + 2} is "${line}"`;
    const [atSeconds, durationSeconds, ...rest] = line
      .split(',')
      .map((cell) => (cell.trim() === '' ? Number.NaN : Number(cell)));
    if (atSeconds === undefined || durationSeconds === undefined || rest.length > 0) {
      throw new Error(`${where}, expected two numbers`);
    }
    if (!Number.isFinite(atSeconds) || !Number.isFinite(durationSeconds))
      throw new Error(`${where}, expected two numbers`);
    if (atSeconds < 0 || durationSeconds < 0) throw new Error(`${where}, times cannot be negative`);
    if (atSeconds < (arrivals.at(-1)?.atSeconds ?? 0))
      throw new Error(`${where}, which is before the line above it`);
    arrivals.push({ atSeconds, durationSeconds });
  }
  if (arrivals.length === 0) throw new Error(`${file} has no tasks`);
  return arrivals;
}
