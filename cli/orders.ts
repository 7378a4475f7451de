import { hostname, userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { dynamoClient } from '../shared/aws/clients.ts';
import { dynamoPoolOrders } from '../shared/aws/dynamo-pool-orders.ts';
import { ConfigError, type PoolConfig, parsePools } from '../shared/pool/config.ts';
import type { Order, Ordered } from '../shared/pool/orders.ts';
import { type SettingValues, withSettings } from '../shared/pool/settings.ts';
import { AUTOMATIC } from '../shared/pool/state.ts';
import type { PoolOrders } from '../shared/ports.ts';
import { findPool, findStack, STACK_OPTIONS } from './stack.ts';

export const ORDERS_USAGE = `agentpool pause POOL                changes nothing any more, whatever happens
agentpool pin POOL N                keeps N agents
agentpool resume POOL               lets the policies decide again
agentpool set POOL FIELD=VALUE…     sets bounds and what policies go by, such as max=80 budget.agentHoursPerDay=40
agentpool unset POOL FIELD…         as deployed, again
agentpool control POOL              what is in force, and the latest orders
  with --by WHO (default you on this machine)`;

const COMMANDS = ['pause', 'pin', 'resume', 'set', 'unset', 'control'] as const;
type Command = (typeof COMMANDS)[number];

export function isOrdersCommand(command: string | undefined): command is Command {
  return (COMMANDS as readonly (string | undefined)[]).includes(command);
}

/** Carries out one of the commands above. @throws Error or ConfigError that says what to do instead. */
export async function ordersCommand(command: Command, args: readonly string[], nowMs: number): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...STACK_OPTIONS,
      by: { type: 'string', default: `${userInfo().username}@${hostname()}` },
    },
  });
  const [pool, ...rest] = positionals;
  if (pool === undefined) throw new Error(`usage:\n${ORDERS_USAGE}`);
  const stack = await findStack(values);
  findPool(stack, pool);
  const table = stack.TableName;
  const orders = dynamoPoolOrders({ dynamo: dynamoClient(), table }, pool);
  const deployed = await deployedConfig(orders, pool);
  const before = await orders.read();
  if (command !== 'control') {
    const order: Order = {
      by: values.by,
      atMs: nowMs,
      ...orderOf(command, rest, before, deployed, values.by, nowMs),
    };
    if (!(await orders.give(order, before))) {
      throw new Error(
        'somebody else has set something meanwhile, and nothing was changed: look, and try again',
      );
    }
  } else if (rest.length > 0) throw new Error(`usage:\n${ORDERS_USAGE}`);
  console.log(describe(await orders.read()));
  if (command === 'control') for (const order of await orders.latest(10)) console.log(`  ${logLine(order)}`);
  else console.log('in force from the next look on');
}

/** What the scaler has last looked at the pool with, without what is set. */
async function deployedConfig(orders: PoolOrders, pool: string): Promise<PoolConfig> {
  const last = await orders.lastDecision();
  if (last === undefined) {
    throw new Error(`the scaler has not looked at pool "${pool}" yet, as it does every minute: try again`);
  }
  const [config] = parsePools([last.deployed ?? last.config], 'the deployed configuration');
  return config as PoolConfig;
}

type Wanted =
  | Pick<Extract<Order, { kind: 'control' }>, 'kind' | 'control'>
  | Pick<Extract<Order, { kind: 'settings' }>, 'kind' | 'values'>;

function orderOf(
  command: Exclude<Command, 'control'>,
  args: readonly string[],
  { settings }: Ordered,
  deployed: PoolConfig,
  by: string,
  atMs: number,
): Wanted {
  const values = settings?.values ?? {};
  switch (command) {
    case 'pause':
      return { kind: 'control', control: { kind: 'paused', by, atMs } };
    case 'resume':
      return { kind: 'control', control: AUTOMATIC };
    case 'pin':
      return {
        kind: 'control',
        control: { kind: 'pinned', desired: countOf(args[0], deployed, values), by, atMs },
      };
    case 'set':
      return { kind: 'settings', values: checked(deployed, args.reduce(assign, values)) };
    case 'unset':
      return { kind: 'settings', values: checked(deployed, without(values, args)) };
    default:
      return command satisfies never;
  }
}

/** @throws ConfigError when the pool could not go by these values. */
function checked(deployed: PoolConfig, values: SettingValues): SettingValues {
  withSettings(deployed, values);
  return values;
}

function countOf(given: string | undefined, deployed: PoolConfig, values: SettingValues): number {
  const { min, max } = withSettings(deployed, values);
  const count = Number(given);
  if (Number.isInteger(count) && count >= min && count <= max) return count;
  throw new ConfigError(`got ${given}, allowed: a whole number of agents from min to max, ${min} to ${max}`);
}

/** Puts `field=value` or `field.part=value` into the values; the value is JSON, or a string as it stands. */
function assign(values: SettingValues, assignment: string): SettingValues {
  const [, path = '', text = ''] = /^([A-Za-z.]+)=(.*)$/.exec(assignment) ?? [];
  if (path === '') throw new ConfigError(`got ${assignment}, allowed: FIELD=VALUE, such as max=80`);
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
  if (missing.length > 0 || fields.length === 0) {
    throw new ConfigError(
      `got ${missing.join(', ') || 'no field'}, allowed: what is set, ${Object.keys(values).join(', ') || 'which is nothing'}`,
    );
  }
  return Object.fromEntries(Object.entries(values).filter(([field]) => !fields.includes(field)));
}

function describe({ control, settings }: Ordered): string {
  const lines = [
    control.kind === 'automatic'
      ? 'automatic'
      : `${control.kind}${control.kind === 'pinned' ? ` at ${control.desired}` : ''} ${since(control)}`,
  ];
  if (settings) lines.push(`set ${since(settings)}: ${JSON.stringify(settings.values)}`);
  return lines.join('\n');
}

function since({ by, atMs }: { readonly by: string; readonly atMs: number }): string {
  return `by ${by} since ${new Date(atMs).toISOString()}`;
}

function logLine({ by, atMs, ...order }: Order): string {
  const what = order.kind === 'control' ? order.control.kind : `set ${JSON.stringify(order.values)}`;
  return `${new Date(atMs).toISOString()}  ${by}  ${what}`;
}
