import { parseOptions, USAGE } from '../../sim/backtest/options.ts';
import { tracesOf } from '../../sim/backtest/traces.ts';
import { CONSOLE_PORT } from '../port.ts';
import type { Source } from '../source.ts';
import { traceSource } from './trace-source.ts';

type Asked =
  | { readonly kind: 'help'; readonly usage: string }
  | { readonly kind: 'page'; readonly source: Source; readonly port: number; readonly json: boolean };

/**
 * What the arguments of `backtest --open` ask for: the options of a backtest are those of its page, too.
 * @throws Error that says which option is wrong, or which line of a trace.
 */
export async function traceSourceOf(args: readonly string[]): Promise<Asked> {
  const options = await parseOptions(args);
  if (options === 'help') return { kind: 'help', usage: USAGE };
  const { model, json, shown } = options;
  const port = shown.kind === 'page' ? (shown.port ?? CONSOLE_PORT) : CONSOLE_PORT;
  return { kind: 'page', source: traceSource(await tracesOf(options), model), port, json };
}
