import { hostname, userInfo } from 'node:os';
import { ConfigError } from '../../shared/core/pool/config.ts';
import type { Override, Overrides } from '../../shared/core/pool/overrides.ts';
import type { SettingValues } from '../../shared/core/pool/settings.ts';
import { overridePool, type Wanted } from '../../shared/runtime/override-pool.ts';
import { command } from '../command.ts';
import { CliError, type CommandResult, EXIT } from '../result.ts';
import { findPool, type StackOptions } from '../stack.ts';
import { timestamp } from '../time.ts';

/** Operator overrides. Each takes effect on the pool's next tick and is recorded with its author and time. */
const POOL = { type: 'string', demandOption: true, describe: 'name of the pool' } as const;
const BY = {
  type: 'string',
  default: `${userInfo().username}@${hostname()}`,
  describe: 'author of the override, for the record',
} as const;

export const pause = command({
  examples: [['pause support', 'pause it until agentpool resume support']],
  positionals: ['pool'],
  options: { pool: POOL, by: BY },
  run: ({ pool, by, ...stack }) => override({ ...stack }, { pool, by }, { kind: 'pause' }),
});

export const resume = command({
  examples: [['resume support', 'return to automatic scaling']],
  positionals: ['pool'],
  options: { pool: POOL, by: BY },
  run: ({ pool, by, ...stack }) => override({ ...stack }, { pool, by }, { kind: 'resume' }),
});

export const pin = command({
  examples: [['pin support 12', 'keep 12 agents, whatever the policies propose']],
  positionals: ['pool', 'count'],
  options: {
    pool: POOL,
    count: { type: 'number', demandOption: true, describe: 'number of agents, from min to max' },
    by: BY,
  },
  run: ({ pool, count, by, ...stack }) =>
    override({ ...stack }, { pool, by }, { kind: 'pin', desired: count }),
});

export const set = command({
  examples: [
    ['set support max=80 warmFloor=4', 'override two values'],
    ['set support concurrency=4', 'let each agent work on up to 4 tasks at a time'],
  ],
  positionals: ['pool', 'values'],
  options: {
    pool: POOL,
    values: { type: 'string', array: true, demandOption: true, describe: 'overrides, each as FIELD=VALUE' },
    by: BY,
  },
  async run({ pool, values, by, ...stack }) {
    const change = (before: SettingValues) => values.reduce(assign, before);
    const { text, value } = await override({ ...stack }, { pool, by }, { kind: 'settings', change });
    return { text: `${text}${ofConcurrency(change({}))}`, value };
  },
});

export const unset = command({
  examples: [['unset support max', 'go back to the deployed max']],
  positionals: ['pool', 'fields'],
  options: {
    pool: POOL,
    fields: { type: 'string', array: true, demandOption: true, describe: 'overridden fields' },
    by: BY,
  },
  run: ({ pool, fields, by, ...stack }) =>
    override({ ...stack }, { pool, by }, { kind: 'settings', change: (before) => without(before, fields) }),
});

export const overrides = command({
  examples: [['overrides support', 'show who paused the pool, and when']],
  positionals: ['pool'],
  options: { pool: POOL },
  async run({ pool, ...stack }) {
    const { overrides: store } = await findPool({ ...stack }, pool);
    const [current, latest] = [await store.read(), await store.latest(10)];
    const lines = [describe(current), ...latest.map((override) => `  ${logLine(override)}`)];
    return { text: lines.join('\n'), value: { ...current, latest } };
  },
});

async function override(
  stack: StackOptions,
  { pool, by }: { readonly pool: string; readonly by: string },
  wanted: Wanted,
): Promise<CommandResult> {
  const current = await overridePool(await findPool(stack, pool), wanted, by);
  return { text: `${describe(current)}\ntakes effect on the next tick`, value: current };
}

/** What a changed concurrency does: of all settings, it's the one that running agents follow too. */
function ofConcurrency({ concurrency }: SettingValues): string {
  if (typeof concurrency !== 'number') return '';
  const tasks = concurrency === 1 ? 'one task' : `up to ${concurrency} tasks`;
  return [
    `\neach agent works on ${tasks} at a time; min and max count agents`,
    'an agent with more tasks than slots finishes them all, and takes no new ones until a slot is free',
  ].join('\n');
}

/** Adds `field=value` or `field.part=value` to the values. The value is JSON, or else a string. */
function assign(values: SettingValues, assignment: string): SettingValues {
  const [, path = '', text = ''] = /^([A-Za-z.]+)=(.*)$/.exec(assignment) ?? [];
  if (path === '')
    throw new CliError(`invalid value ${assignment}: expected FIELD=VALUE, such as max=80`, EXIT.usage);
  const [field = '', part] = path.split('.');
  const value = parsed(text);
  if (part === undefined) return { ...values, [field]: value };
  return { ...values, [field]: { ...(values[field] as object | undefined), [part]: value } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function without(values: SettingValues, fields: readonly string[]): SettingValues {
  const missing = fields.filter((field) => !(field in values));
  if (missing.length > 0) {
    const known = Object.keys(values).join(', ') || 'none';
    throw new ConfigError(`unknown override ${missing.join(', ')} (overrides: ${known})`);
  }
  return Object.fromEntries(Object.entries(values).filter(([field]) => !fields.includes(field)));
}

function describe({ mode, settings }: Overrides): string {
  const lines = [
    mode.kind === 'automatic'
      ? 'automatic'
      : `${mode.kind}${mode.kind === 'pinned' ? ` at ${mode.desired}` : ''} ${since(mode)}`,
  ];
  if (settings) lines.push(`set ${since(settings)}: ${JSON.stringify(settings.values)}`);
  return lines.join('\n');
}

function since({ by, atMs }: { readonly by: string; readonly atMs: number }): string {
  return `by ${by} since ${timestamp(atMs)}`;
}

function logLine({ by, atMs, ...override }: Override): string {
  const what = override.kind === 'mode' ? override.mode.kind : `set ${JSON.stringify(override.values)}`;
  return `${timestamp(atMs)}  ${by}  ${what}`;
}
