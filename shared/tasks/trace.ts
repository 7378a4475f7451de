import { readLines } from './read-lines.ts';

/** One task in a trace. Some have the tokens that it used of a model. */
export type Arrival = {
  readonly atSeconds: number;
  readonly durationSeconds: number;
  readonly tokens?: number;
};

const HEADER = 'arrival_s,work_s';
const WITH_TOKENS = `${HEADER},tokens`;

/** Reads a trace. @throws Error with file and line for a value that isn't a number, is negative or is out of order. */
export async function readTrace(file: string): Promise<readonly Arrival[]> {
  return parseTrace(file, await readLines(file));
}

/** The trace in a file's non-empty lines. @throws as {@link readTrace} does. */
export function parseTrace(file: string, [header, ...lines]: readonly string[]): readonly Arrival[] {
  if (header !== HEADER && header !== WITH_TOKENS)
    throw new Error(`${file}: line 1 is "${header ?? ''}", expected "${HEADER}" or "${WITH_TOKENS}"`);
  const columns = header.split(',').length;
  const expected = `expected ${columns === 2 ? 'two' : 'three'} numbers`;
  const arrivals: Arrival[] = [];
  for (const [index, line] of lines.entries()) {
    const where = `${file}: line ${index + 2} is "${line}"`;
    const cells = line.split(',').map((cell) => (cell.trim() === '' ? Number.NaN : Number(cell)));
    const [atSeconds = Number.NaN, durationSeconds = Number.NaN, tokens] = cells;
    if (cells.length !== columns || !cells.every(Number.isFinite)) throw new Error(`${where}, ${expected}`);
    if (atSeconds < 0 || durationSeconds < 0) throw new Error(`${where}, times cannot be negative`);
    if (tokens !== undefined && tokens < 0) throw new Error(`${where}, tokens cannot be negative`);
    if (atSeconds < (arrivals.at(-1)?.atSeconds ?? 0))
      throw new Error(`${where}, which is before the line above it`);
    arrivals.push({ atSeconds, durationSeconds, ...(tokens !== undefined && { tokens }) });
  }
  if (arrivals.length === 0) throw new Error(`${file} has no tasks`);
  return arrivals;
}
