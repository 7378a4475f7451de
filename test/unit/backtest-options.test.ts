// Covers: sim/backtest/options.ts
import { expect, test } from 'vitest';
import { parseOptions } from '../../sim/backtest/options.ts';

test.each([
  [['--policy', 'magic'], '--policy takes one of default, peers, all, predictive'],
  [['--objective', 'fast'], '--objective takes text such as "95% within 30s", not "fast"'],
  [['--startup=-1'], '--startup takes seconds from 0 to 3600, not "-1"'],
  [['--pool', 'nobody'], '--pool takes a pool of pools.config.ts (echo), not "nobody"'],
  [['--plot', 'run.png'], '--plot takes a file that ends in .svg, not "run.png"'],
  [['--port', '0'], '--port is the port of the page that --open opens: add --open'],
  [['--open', '--port', '70000'], '--port takes a number from 0 to 65535, not "70000"'],
  [['--open', '--plot', 'run.svg'], '--open takes no --plot: the page compares and draws by itself'],
])('the backtest rejects %j with the values that it takes', async (args, message) => {
  await expect(parseOptions(args)).rejects.toThrow(message);
});
