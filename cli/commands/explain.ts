import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import { viewDecision } from '../../shared/views/decision-view.ts';
import { CliError, EXIT, styled } from '../answer.ts';
import { command } from '../command.ts';
import { findPools } from '../stack.ts';
import { duration, parseTime, timestamp } from '../time.ts';

/** A decision is looked for so far back; a pool at rest is decided on once a minute. */
const LOOK_BACK_MS = 5 * 60_000;

export const explain = command({
  command: 'explain [pool]',
  describe: 'one decision in words: what it saw, what each policy wanted, what decided',
  examples: [
    ['explain support', 'the latest decision'],
    ['explain support --at 14:05', 'the last one until then'],
  ],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', describe: 'one pool instead of all' },
    at: { type: 'string', default: '0s', describe: 'when: 15m (ago), 14:05 (UTC), or a date' },
  },
  async run({ pool: name, at, ...stack }) {
    const nowMs = Date.now();
    const atMs = parseTime(at, nowMs);
    const pools = await findPools({ ...stack }, name);
    const records = await Promise.all(
      pools.map(async ({ pool, store }) => {
        const decisions = await store.decisions(atMs - LOOK_BACK_MS);
        const last = decisions.findLast(({ observation }) => observation.atMs <= atMs);
        if (last) return last;
        throw new CliError(
          `the scaler decided nothing about "${pool.name}" in the five minutes before ${timestamp(atMs)}; decisions are kept for 30 days`,
          EXIT.notFound,
        );
      }),
    );
    return { text: records.map((record) => tell(record, nowMs)).join('\n\n'), value: records };
  },
});

function tell(record: DecisionRecord, nowMs: number): string {
  const { pool, atMs, sections } = viewDecision(record);
  const title = `${pool} at ${timestamp(atMs)}, ${duration(nowMs - atMs)} ago`;
  const lines = sections.map(({ title, text }) => `  ${title.padEnd(9)} ${text}`);
  return [styled('bold', title), ...lines].join('\n');
}
