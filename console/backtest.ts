import type { ServerResponse } from 'node:http';
import * as z from 'zod';
import { parseTrace } from '../shared/tasks/trace.ts';
import { startWhatIf } from '../sim/what-if/start.ts';
import type { Source } from './source.ts';

/** A backtest that the page asks for: of whose arrivals since when, or of those in a file, with what changed. */
export const backtestSchema = z.strictObject({
  name: z.string(),
  sinceMs: z.number(),
  /** A trace in place of the pool's history. */
  csv: z.string().optional(),
  change: z.record(z.string(), z.unknown()),
});

/** Runs a backtest in a worker and writes its events, one JSON document a line. It ends when the page goes away. */
export async function streamBacktest(
  source: Source,
  { name, sinceMs, csv, change }: z.infer<typeof backtestSchema>,
  response: ServerResponse,
): Promise<void> {
  const input = await source.backtestInput(name, sinceMs);
  // The page may have gone while the history was read.
  if (response.destroyed) return;
  const write = (event: unknown) => response.write(`${JSON.stringify(event)}\n`);
  if (!input) {
    const isPool = source.pools.some((pool) => pool.name === name);
    const reason = isPool
      ? `the scaler hasn't ticked ${name} yet: try again in a minute`
      : `${name} is unknown here`;
    write({ kind: 'failed', reason });
    response.end();
    return;
  }
  const arrivals =
    csv === undefined
      ? input.arrivals
      : parseTrace(
          'the file',
          csv.split(/\r?\n/).filter((line) => line !== ''),
        );
  if (arrivals.length === 0) {
    write({
      kind: 'failed',
      reason: `no task arrived in ${name} in this time: choose a longer one, or send some tasks first`,
    });
    response.end();
    return;
  }
  const { beginsAtMs: _begin, endsAtSeconds: _end, ...ofFile } = input;
  const running = startWhatIf({ ...(csv === undefined ? input : ofFile), arrivals, change }, (event) => {
    write(event);
    if (event.kind === 'done' || event.kind === 'failed') response.end();
  });
  response.on('close', () => running.stop());
}
