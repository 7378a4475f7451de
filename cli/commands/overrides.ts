import { hostname, userInfo } from 'node:os';
import { ConfigError, type PoolConfig, parsePools } from '../../shared/core/pool/config.ts';
import type { Override, Overrides } from '../../shared/core/pool/overrides.ts';
import { type SettingValues, withSettings } from '../../shared/core/pool/settings.ts';
import { AUTOMATIC } from '../../shared/core/pool/state.ts';
import type { OverrideStore } from '../../shared/ports/override-store.ts';
import { type Answer, CliError, EXIT } from '../answer.ts';
import { command } from '../command.ts';
import { findPool, type StackOptions } from '../stack.ts';
import { timestamp } from '../time.ts';

/** What operators override. Each is in force from the pool's next look on, and on record with who gave it. */
const POOL = { type: 'string', demandOption: true, describe: 'the pool' } as const;
const BY = {
  type: 'string',
  default: `${userInfo().username}@${hostname()}`,
  describe: 'who overrides it, for the record',
} as const;

export const pause = command({
  command: 'pause <pool>',
  describe: 'change nothing any more, whatever happens',
  examples: [['pause support', 'until `agentpool resume support`']],
  positionals: ['pool'],
  options: { pool: POOL, by: BY },
  run: ({ pool, by, ...stack }) =>
    give({ ...stack }, pool, by, async (_before, _deployed, atMs) => ({
      kind: 'mode',
      mode: { kind: 'paused', by, atMs },
    })),
});

export const resume = command({
  command: 'resume <pool>',
  describe: 'let the policies decide again',
  examples: [['resume support', 'after a pause or a pin']],
  positionals: ['pool'],
  options: { pool: POOL, by: BY },
  run: ({ pool, by, ...stack }) =>
    give({ ...stack }, pool, by, async () => ({ kind: 'mode', mode: AUTOMATIC })),
});

export const pin = command({
  command: 'pin <pool> <count>',
  describe: 'keep so many agents',
  examples: [['pin support 12', 'whatever the policies want']],
  positionals: ['pool', 'count'],
  options: {
    pool: POOL,
    count: { type: 'number', demandOption: true, describe: 'agents, from min to max' },
    by: BY,
  },
  run: ({ pool, count, by, ...stack }) =>
    give({ ...stack }, pool, by, async ({ settings }, deployed, atMs) => ({
      kind: 'mode',
      mode: {
        kind: 'pinned',
        desired: checkedCount(count, withSettings(deployed, settings?.values ?? {})),
        by,
        atMs,
      },
    })),
});

export const set = command({
  command: 'set <pool> <values..>',
  describe: 'set bounds and what policies go by, instead of what was deployed',
  examples: [['set support max=80 warmFloor=4', 'checked before it is written']],
  positionals: ['pool', 'values'],
  options: {
    pool: POOL,
    values: { type: 'string', array: true, demandOption: true, describe: 'FIELD=VALUE' },
    by: BY,
  },
  run: ({ pool, values, by, ...stack }) =>
    give({ ...stack }, pool, by, async ({ settings }, deployed) => ({
      kind: 'settings',
      values: checked(deployed, values.reduce(assign, settings?.values ?? {})),
    })),
});

export const unset = command({
  command: 'unset <pool> <fields..>',
  describe: 'go by what was deployed again',
  examples: [['unset support max', 'the deployed bound']],
  positionals: ['pool', 'fields'],
  options: {
    pool: POOL,
    fields: { type: 'string', array: true, demandOption: true, describe: 'what was set' },
    by: BY,
  },
  run: ({ pool, fields, by, ...stack }) =>
    give({ ...stack }, pool, by, async ({ settings }, deployed) => ({
      kind: 'settings',
      values: checked(deployed, without(settings?.values ?? {}, fields)),
    })),
});

export const overrides = command({
  command: 'overrides <pool>',
  describe: 'what is in force, and the latest overrides',
  examples: [['overrides support', 'who paused it, and when']],
  positionals: ['pool'],
  options: { pool: POOL },
  async run({ pool, ...stack }) {
    const { overrides: store } = await findPool({ ...stack }, pool);
    const [current, latest] = [await store.read(), await store.latest(10)];
    const lines = [describe(current), ...latest.map((override) => `  ${logLine(override)}`)];
    return { text: lines.join('\n'), value: { ...current, latest } };
  },
});

type Wanted =
  | Pick<Extract<Override, { kind: 'mode' }>, 'kind' | 'mode'>
  | Pick<Extract<Override, { kind: 'settings' }>, 'kind' | 'values'>;

async function give(
  stack: StackOptions,
  pool: string,
  by: string,
  wanted: (before: Overrides, deployed: PoolConfig, atMs: number) => Promise<Wanted>,
): Promise<Answer> {
  const { overrides } = await findPool(stack, pool);
  const deployed = await deployedConfig(overrides, pool);
  const before = await overrides.read();
  const atMs = Date.now();
  const override: Override = { by, atMs, ...(await wanted(before, deployed, atMs)) };
  if (!(await overrides.put(override, before))) {
    throw new CliError(
      'somebody else has set something meanwhile, and nothing was changed: look, and try again',
    );
  }
  const current = await overrides.read();
  return { text: `${describe(current)}\nin force from the next look on`, value: current };
}

/** What the scaler has last looked at the pool with, without what is set. */
async function deployedConfig(overrides: OverrideStore, pool: string): Promise<PoolConfig> {
  const last = await overrides.lastDecision();
  if (last === undefined) {
    throw new CliError(`the scaler has not looked at pool "${pool}" yet, as it does every minute: try again`);
  }
  const [config] = parsePools([last.deployed ?? last.config], 'the deployed configuration');
  return config as PoolConfig;
}

/** @throws ConfigError when the pool could not go by these values. */
function checked(deployed: PoolConfig, values: SettingValues): SettingValues {
  withSettings(deployed, values);
  return values;
}

function checkedCount(count: number, { min, max }: PoolConfig): number {
  if (Number.isInteger(count) && count >= min && count <= max) return count;
  throw new ConfigError(`got ${count}, allowed: a whole number of agents from min to max, ${min} to ${max}`);
}

/** Puts `field=value` or `field.part=value` into the values; the value is JSON, or a string as it stands. */
function assign(values: SettingValues, assignment: string): SettingValues {
  const [, path = '', text = ''] = /^([A-Za-z.]+)=(.*)$/.exec(assignment) ?? [];
  if (path === '') throw new CliError(`got ${assignment}, allowed: FIELD=VALUE, such as max=80`, EXIT.usage);
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
    const allowed = Object.keys(values).join(', ') || 'which is nothing';
    throw new ConfigError(`got ${missing.join(', ')}, allowed: what is set, ${allowed}`);
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
