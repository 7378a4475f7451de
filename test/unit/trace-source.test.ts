// Covers: console/traces/trace-source.ts, console/traces/of-arguments.ts, sim/backtest/traces.ts
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { traceSourceOf } from '../../console/traces/of-arguments.ts';
import { namesOf } from '../../sim/backtest/traces.ts';

const file = join(mkdtempSync(join(tmpdir(), 'agentpool-traces-')), 'week.csv');
writeFileSync(file, 'arrival_s,work_s\n0,5\n60,7\n');

test('the page of a backtest has the traces, in the pool and with the start-up of the command line', async () => {
  const asked = await traceSourceOf([
    '--open',
    '--trace',
    file,
    '--startup',
    '9',
    '--objective',
    '99% within 5s',
  ]);
  if (asked.kind !== 'page') throw new Error(asked.kind);
  expect(asked).toMatchObject({ port: 8017, json: false, source: { pools: [], traces: ['week'] } });
  expect(await asked.source.backtestInput('week', 0)).toMatchObject({
    config: { min: 2, max: 400, objective: { percent: 99, withinSeconds: 5 } },
    startupSeconds: 9,
    arrivals: [
      { atSeconds: 0, durationSeconds: 5 },
      { atSeconds: 60, durationSeconds: 7 },
    ],
  });
  expect(await asked.source.backtestInput('other', 0)).toBeUndefined();
});

test('the help of a backtest lists the option that opens its page', async () => {
  const asked = await traceSourceOf(['--open', '--help']);
  expect(asked).toMatchObject({ kind: 'help', usage: expect.stringContaining('--open') });
});

test('a trace is named after its file, and traces of the same name are numbered', () => {
  expect(namesOf(['a/week.csv', 'b/week.csv.gz', 'day.csv', 'week.csv'])).toEqual([
    'week',
    'week (2)',
    'day',
    'week (3)',
  ]);
});
