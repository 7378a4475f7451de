// Covers: sim/backtest/options.ts, sim/backtest/traces.ts
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseOptions, USAGE } from '../../sim/backtest/options.ts';
import { replayed, tracesOf } from '../../sim/backtest/traces.ts';

function optionsOf(parsed: Awaited<ReturnType<typeof parseOptions>>) {
  if (parsed === 'help') throw new Error('no options, but help');
  return parsed;
}

test.each([
  [['--policy', 'magic'], '--policy takes one of default, peers, all, predictive'],
  [['--objective', 'fast'], '--objective takes text such as "95% within 30s", not "fast"'],
  [['--startup=-1'], '--startup takes seconds from 0 to 3600, not "-1"'],
  [['--pool', 'nobody'], '--pool takes a pool of pools.config.ts (echo), not "nobody"'],
  [['--plot', 'run.png'], '--plot takes a file that ends in .svg, not "run.png"'],
  [['--concurrency', '0'], '--concurrency takes a whole number from 1 to 64, not "0"'],
  [['--concurrency', '65'], '--concurrency takes a whole number from 1 to 64, not "65"'],
  [['--concurrency', 'many'], '--concurrency takes a whole number from 1 to 64, not "many"'],
  [['--times', '1.5'], '--times takes a whole number from 1 to 100, not "1.5"'],
  [['--times', '101'], '--times takes a whole number from 1 to 100, not "101"'],
  [['--limit', '400000'], '--limit takes text such as tokens=400000/min or requests=600/min, not "400000"'],
  [['--limit', 'tokens=9/min', '--limit', 'tokens=8/min'], '--limit takes tokens once'],
  [['--port', '0'], '--port is the port of the page that --open opens: add --open'],
  [['--open', '--port', '70000'], '--port takes a number from 0 to 65535, not "70000"'],
  [['--open', '--plot', 'run.svg'], '--open takes no --plot: the page compares and draws by itself'],
])('the backtest rejects %j with the values that it takes', async (args, message) => {
  await expect(parseOptions(args)).rejects.toThrow(message);
});

test('a backtest with several slots keeps its minimum and maximum of agents', async () => {
  const options = await parseOptions(['--concurrency', '8', '--times', '8']);
  expect(options).toMatchObject({ times: 8, model: { config: { concurrency: 8, min: 2, max: 400 } } });
  expect(await parseOptions([])).toMatchObject({ times: 1, model: { config: { concurrency: 1 } } });
});

test('a limit may be given of requests and of tokens', async () => {
  const options = await parseOptions(['--limit', 'tokens=600/min', '--limit', 'requests=6/min']);
  expect(options).toMatchObject({ model: { limit: { perMinute: { tokens: 600, requests: 6 } } } });
});

test('a trace with a call that a limit never lets through is an error, not a run without end', async () => {
  const options = await parseOptions(['--trace', 'azure-conversation', '--limit', 'tokens=3000/min']);
  await expect(tracesOf(optionsOf(options))).rejects.toThrow(
    /task \d+ takes [\d,]+ tokens, and the limit gives 3,000 tokens a minute: a larger --limit is needed$/,
  );
});

test('a recorded trace is found by its name wherever agentpool is installed, and any other by its path', async () => {
  const { traces } = optionsOf(await parseOptions(['--trace', 'azure-conversation', '--trace', 'week.csv']));
  expect(traces).toEqual([expect.stringMatching(/azure-conversation\.csv\.gz$/), 'week.csv']);
  expect(traces.map(existsSync)).toEqual([true, false]);
  expect(optionsOf(await parseOptions([])).traces.filter(existsSync)).toHaveLength(9);
  // What only a clone has.
  expect(USAGE).not.toMatch(/npm run|sim\//);
});

test('a trace replayed several times spreads each arrival until the next one', () => {
  const trace = [
    { atSeconds: 0, durationSeconds: 5 },
    { atSeconds: 8, durationSeconds: 7 },
    { atSeconds: 8, durationSeconds: 9 },
  ];
  const at = (times: number) => replayed(trace, times).map(({ atSeconds }) => atSeconds);
  expect(at(1)).toEqual([0, 8, 8]);
  expect(at(4)).toEqual([0, 2, 4, 6, 8, 8, 8, 8, 8, 8, 8, 8]);
  expect(replayed(trace, 2).map(({ durationSeconds }) => durationSeconds)).toEqual([5, 5, 7, 7, 9, 9]);
});
