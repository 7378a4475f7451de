import wrapAnsi from 'wrap-ansi';
import { lastDecision } from '../../shared/ports/decision-log.ts';
import { type DecisionView, viewLogged } from '../../shared/views/decision-view.ts';
import { command } from '../command.ts';
import { CliError, EXIT, styled } from '../result.ts';
import { findPools } from '../stack.ts';
import { duration, parseTime, timestamp } from '../time.ts';

/** How far back to search for a decision. An idle pool has one a minute. */
const SEARCH_BACK_MS = 5 * 60_000;

/** Columns in front of a section's text. */
const INDENT = 12;

export const explain = command({
  examples: [
    ['explain support', 'explain the latest decision'],
    ['explain support --at 14:05', 'explain the last decision before 14:05 (UTC)'],
  ],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', describe: 'name of the pool (default: all pools)' },
    at: { type: 'string', default: '0s', describe: 'time: 15m (ago), 14:05 (UTC) or a date' },
  },
  async run({ pool: name, at, ...stack }) {
    const nowMs = Date.now();
    const atMs = parseTime(at, nowMs);
    const pools = await findPools({ ...stack }, name);
    const decisions = await Promise.all(
      pools.map(async ({ pool, decisions }) => {
        const last = await lastDecision(decisions, { afterMs: atMs - SEARCH_BACK_MS, untilMs: atMs });
        if (last) return { pool: pool.name, last };
        throw new CliError(
          `no decision for pool "${pool.name}" in the 5 minutes before ${timestamp(atMs)} (decisions are kept for 30 days)`,
          EXIT.notFound,
        );
      }),
    );
    return {
      text: (width) =>
        decisions.map(({ pool, last }) => explanation(viewLogged(pool, last), { nowMs, width })).join('\n\n'),
      value: decisions.map(({ last }) => (last.kind === 'decision' ? last.record : last)),
    };
  },
});

function explanation(
  { pool, atMs, sections }: DecisionView,
  { nowMs, width }: { readonly nowMs: number; readonly width: number },
): string {
  const title = `${pool} at ${timestamp(atMs)}, ${duration(nowMs - atMs)} ago`;
  const lines = sections.map(({ title, text }) => `  ${title.padEnd(9)} ${indented(text, width)}`);
  return [styled('bold', title), ...lines].join('\n');
}

/** Below the titles, where it doesn't fit into one line. */
function indented(text: string, width: number): string {
  if (!Number.isFinite(width)) return text;
  return wrapAnsi(text, Math.max(20, width - INDENT)).replaceAll('\n', `\n${' '.repeat(INDENT)}`);
}
