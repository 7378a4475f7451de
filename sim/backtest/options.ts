import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { POLICY_NAMES, type PoolConfig, parsePools } from '../../shared/core/pool/config.ts';
import type { ProviderLimit } from '../../shared/core/pool/provider-limit.ts';
import { MAX_CONCURRENCY } from '../../shared/core/pool/slots.ts';
import { CONFIG_FILE, importConfig } from '../../shared/project/config-file.ts';
import { PEERS } from '../peers/peers.ts';
import type { Model } from './model.ts';

export type BacktestOptions = {
  readonly traces: readonly string[];
  /** Seed of the made traces that are run instead of files. */
  readonly made: number | undefined;
  /** How often each arrival is replayed. */
  readonly times: number;
  /** Names of policies and peers, or the groups `peers` and `all`. */
  readonly policies: readonly string[];
  readonly model: Model;
  readonly json: boolean;
  readonly shown: Shown;
};

/** Where the outcome is shown. */
export type Shown =
  | {
      readonly kind: 'tables';
      readonly plot: string | undefined;
      /** Markdown files in which the tables are replaced. */
      readonly write: readonly string[];
    }
  /** On a page of the console. Its port, unless it's the usual one. */
  | { readonly kind: 'page'; readonly port: number | undefined };

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
const TIMES_AT_MOST = 100;
const KNOWN = [...new Set(['default', 'peers', 'all', ...POLICY_NAMES, ...PEERS.map(({ name }) => name)])];

export const USAGE = `agentpool backtest [options]
  --trace FILE|NAME   replay arrivals from a CSV file with arrival_s,work_s (seconds; may be .gz), or a recorded trace;
                      repeatable (default: all that are recorded): ${TRACES.join(', ')}
  --made SEED         generate traces with kinds of traffic that the recorded ones lack
  --policy NAME       compare this policy or peer; repeatable (default: the pool's configuration, and each peer at
                      its best setting for the trace): ${KNOWN.join(', ')}
  --pool NAME         use a pool of pools.config.ts (default: every default, min 2, max 400)
  --startup S         seconds from requesting an agent until it takes tasks (default 45)
  --concurrency N     slots of an agent, 1 to ${MAX_CONCURRENCY}, for the peers too; min and max stay agents (default: the pool's)
  --times N           replay each arrival N times, 1 to ${TIMES_AT_MOST}, spread evenly until the next one (default 1)
  --limit WHAT=N/min  a provider's limit of tokens or requests, such as tokens=400000/min; given twice, of both. A limit
                      of tokens needs a trace with a column tokens. Peers don't know of it
  --objective TEXT    such as "95% within 30s" (default: the pool's)
  --json              print one JSON document
  --plot FILE.svg     draw the run of the pool's configuration, one picture for each trace
  --write FILE.md     update the tables between <!-- backtest of … -->, <!-- comparison on … --> or <!-- summary on … -->
                      and <!-- /backtest --> in a file; repeatable
  --open              try other settings on a page in the browser, instead of printing tables
  --port N            with --open: port of the page; 0 picks a free one (default 8017)`;

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
      concurrency: { type: 'string' },
      times: { type: 'string', default: '1' },
      limit: { type: 'string', multiple: true },
      objective: { type: 'string' },
      json: { type: 'boolean', default: false },
      plot: { type: 'string' },
      write: { type: 'string', multiple: true },
      open: { type: 'boolean', default: false },
      port: { type: 'string' },
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
  const times = parseWhole('times', values.times, TIMES_AT_MOST);
  const unknown = values.policy?.find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw new Error(`--policy takes one of ${KNOWN.join(', ')}, not "${unknown}"`);
  const shown = shownBy(values);
  const config = await readPool(values.pool);
  const objective = values.objective === undefined ? config.objective : parseObjective(values.objective);
  const concurrency =
    values.concurrency === undefined
      ? config.concurrency
      : parseWhole('concurrency', values.concurrency, MAX_CONCURRENCY);
  return {
    traces: (values.trace ?? TRACES).map(traceFile),
    made,
    times,
    policies: values.policy ?? ['default', 'peers'],
    model: {
      config: { ...config, concurrency, objective },
      startupSeconds,
      ...(values.limit !== undefined && { limit: parseLimit(values.limit) }),
    },
    json: values.json,
    shown,
  };
}

/** The file of a recorded trace, or else the one that was given. */
function traceFile(given: string): string {
  const recorded = TRACES.find((name) => name === given);
  return recorded === undefined
    ? given
    : fileURLToPath(new URL(`../traces/${recorded}.csv.gz`, import.meta.url));
}

type GivenForms = {
  readonly open: boolean;
  readonly port?: string;
  readonly policy?: readonly string[];
  readonly plot?: string;
  readonly write?: readonly string[];
};

function shownBy({ open, port, policy, plot, write }: GivenForms): Shown {
  if (!open) {
    if (port !== undefined) throw new Error('--port is the port of the page that --open opens: add --open');
    if (plot !== undefined && !plot.endsWith('.svg'))
      throw new Error(`--plot takes a file that ends in .svg, not "${plot}"`);
    return { kind: 'tables', plot, write: write ?? [] };
  }
  const [other] = Object.entries({ policy, plot, write }).find(([, value]) => value !== undefined) ?? [];
  if (other !== undefined)
    throw new Error(`--open takes no --${other}: the page compares and draws by itself`);
  return { kind: 'page', port: port === undefined ? undefined : parsePort(port) };
}

function parseWhole(option: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new Error(`--${option} takes a whole number from 1 to ${most}, not "${text}"`);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65_536) return port;
  throw new Error(`--port takes a number from 0 to 65535, not "${text}"`);
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

function parseLimit(texts: readonly string[]): ProviderLimit {
  const perMinute: Record<string, number> = {};
  for (const text of texts) {
    const [, what = '', amount] = /^(tokens|requests)=(\d+)\/min$/.exec(text.trim()) ?? [];
    if (!(Number(amount) > 0))
      throw new Error(`--limit takes text such as tokens=400000/min or requests=600/min, not "${text}"`);
    if (what in perMinute) throw new Error(`--limit takes ${what} once`);
    perMinute[what] = Number(amount);
  }
  return { name: 'limit', perMinute, priority: 0 };
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
