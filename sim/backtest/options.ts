import { parseArgs } from 'node:util';
import { POLICY_NAMES, type PoolConfig, parsePools } from '../../shared/core/pool/config.ts';
import { CONFIG_FILE, importConfig } from '../../shared/project/config-file.ts';
import { PEERS } from '../peers/peers.ts';
import type { Model } from './model.ts';

export type BacktestOptions = {
  readonly traces: readonly string[];
  /** Seed of the made traces that are run instead of files. */
  readonly made: number | undefined;
  /** Names of policies and peers, or the groups `peers` and `all`. */
  readonly policies: readonly string[];
  readonly model: Model;
  readonly json: boolean;
  readonly plot: string | undefined;
  /** Markdown files in which the tables are replaced. */
  readonly write: readonly string[];
};

const TRACES = [
  'azure-conversation',
  'duration-drift',
  'tweets-amzn',
  'taxi-july',
  'servegen-20',
  'servegen-30',
  'servegen-31',
  'servegen-41',
  'servegen-112',
] as const;
const KNOWN = [...new Set(['default', 'peers', 'all', ...POLICY_NAMES, ...PEERS.map(({ name }) => name)])];

export const USAGE = `npm run backtest -- [options]
  --trace FILE        replay arrivals from a CSV file with arrival_s,work_s (seconds; may be .gz); repeatable
                      (default: the nine traces in sim/traces)
  --made SEED         generate traces with kinds of traffic that the recorded ones lack (sim/traces/made.ts)
  --policy NAME       compare this policy or peer; repeatable (default: the pool's configuration, and each peer at
                      its best setting for the trace): ${KNOWN.join(', ')}
  --pool NAME         use a pool of pools.config.ts (default: every default, min 2, max 400)
  --startup S         seconds from requesting an agent until it takes tasks (default 45)
  --objective TEXT    such as "95% within 30s" (default: the pool's)
  --json              print one JSON document (with npm run --silent)
  --plot FILE.svg     draw the run of the pool's configuration, one picture for each trace
  --write FILE.md     update the tables between <!-- backtest of … -->, <!-- comparison on … --> or <!-- summary on … -->
                      and <!-- /backtest --> in a file; repeatable`;

/** Reads the command line. @throws Error that says which option is wrong and what it takes. */
export async function parseOptions(args: readonly string[]): Promise<BacktestOptions | 'help'> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      trace: { type: 'string', multiple: true },
      made: { type: 'string' },
      policy: { type: 'string', multiple: true },
      pool: { type: 'string' },
      startup: { type: 'string', default: '45' },
      objective: { type: 'string' },
      json: { type: 'boolean', default: false },
      plot: { type: 'string' },
      write: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const startupSeconds = Number(values.startup);
  if (!(startupSeconds >= 0 && startupSeconds <= 3600)) {
    throw new Error(`--startup takes seconds from 0 to 3600, not "${values.startup}"`);
  }
  const made = values.made === undefined ? undefined : Number(values.made);
  if (made !== undefined && !Number.isInteger(made))
    throw new Error(`--made takes a whole number, not "${values.made}"`);
  const unknown = values.policy?.find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw new Error(`--policy takes one of ${KNOWN.join(', ')}, not "${unknown}"`);
  if (values.plot !== undefined && !values.plot.endsWith('.svg')) {
    throw new Error(`--plot takes a file that ends in .svg, not "${values.plot}"`);
  }
  const config = await readPool(values.pool);
  const objective = values.objective === undefined ? config.objective : parseObjective(values.objective);
  return {
    traces:
      values.trace ?? TRACES.map((name) => new URL(`../traces/${name}.csv.gz`, import.meta.url).pathname),
    made,
    policies: values.policy ?? ['default', 'peers'],
    model: { config: { ...config, objective }, startupSeconds },
    json: values.json,
    plot: values.plot,
    write: values.write,
  };
}

async function readPool(name: string | undefined): Promise<PoolConfig> {
  if (name === undefined) {
    const [config] = parsePools([{ name: 'backtest', handler: './handler.ts', min: 2, max: 400 }]);
    return config as PoolConfig;
  }
  const pools = parsePools(await importConfig(CONFIG_FILE));
  const found = pools.find((pool) => pool.name === name);
  if (found) return found;
  throw new Error(
    `--pool takes a pool of ${CONFIG_FILE} (${pools.map((pool) => pool.name).join(', ')}), not "${name}"`,
  );
}

function parseObjective(text: string): PoolConfig['objective'] {
  const match = /^(\d+(?:\.\d+)?)\s*%\s+within\s+(\d+(?:\.\d+)?)\s*s$/.exec(text.trim());
  const percent = Number(match?.[1]);
  const withinSeconds = Number(match?.[2]);
  if (!(percent > 0 && percent < 100 && withinSeconds > 0)) {
    throw new Error(`--objective takes text such as "95% within 30s", not "${text}"`);
  }
  return { percent, withinSeconds };
}
