import type * as z from 'zod';
import { type PoolConfig, poolSchema } from './config-schema.ts';
import { knownFields } from './known-fields.ts';

type Given = { readonly pool: unknown; readonly index: number };

/** One problem of one pool, for people. */
export function problemOf(issue: z.core.$ZodIssue, { pool, index }: Given): string {
  const where = poolLabel(pool, index);
  if (issue.code === 'unrecognized_keys') {
    const fields = knownFields(poolSchema, issue.path);
    const hint = fields.length === 0 ? '' : ` (fields: ${fields.join(', ')})`;
    return issue.keys
      .map((key) => `${where}: unknown field "${[...issue.path, key].join('.')}"${hint}`)
      .join('\n  ');
  }
  const [meant, ...others] = issue.code === 'invalid_union' ? issue.errors.filter(hasKnownFields) : [];
  if (meant && others.length === 0) {
    return meant
      .map((each) => problemOf({ ...each, path: [...issue.path, ...each.path] }, { pool, index }))
      .join('\n  ');
  }
  const given = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    pool,
  );
  return invalid(`${where}${fieldLabel(issue.path)}`, given, expected(issue));
}

/** Of several shapes, the one that has all fields that were given is the one that was meant. */
function hasKnownFields(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.every(({ code }) => code !== 'unrecognized_keys');
}

function invalid(where: string, given: unknown, expectation: string): string {
  const problem = given === undefined ? 'missing' : `invalid value ${shown(given)}`;
  return `${where}: ${problem}: expected ${expectation}`;
}

function fieldLabel(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '' : `, field ${path.join('.')}`;
}

function expected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return `${issue.origin === 'array' ? 'a list of ' : ''}${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'invalid_type':
      return KINDS[issue.expected] ?? `a ${issue.expected}`;
    case 'invalid_key':
      return issue.issues.map(({ message }) => message).join(' and ');
    default:
      return issue.message;
  }
}

/** The types of values whose names in a schema aren't what people call them. */
const KINDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** A problem for each pool whose name an earlier one has. */
export function duplicateNames(pools: readonly unknown[]): string[] {
  const names = pools.map((pool) => (pool as { name?: unknown } | null)?.name);
  return names.flatMap((name, index) =>
    typeof name === 'string' && names.indexOf(name) < index
      ? [invalid(`${poolLabel(pools[index], index)}, field name`, name, 'a name no other pool has')]
      : [],
  );
}

/** A problem for each pool whose ceiling has another `max` than the first pool under that ceiling. */
export function differingCeilings(pools: readonly unknown[]): string[] {
  const maxima = new Map<unknown, unknown>();
  return pools.flatMap((pool, index) => {
    const ceiling = (pool as { ceiling?: { name?: unknown; max?: unknown } } | null)?.ceiling;
    if (!ceiling) return [];
    const max = maxima.get(ceiling.name) ?? ceiling.max;
    maxima.set(ceiling.name, max);
    if (max === ceiling.max) return [];
    const expectation = `${shown(max)}, as in the other pools with ceiling "${String(ceiling.name)}"`;
    return [invalid(`${poolLabel(pool, index)}, field ceiling.max`, ceiling.max, expectation)];
  });
}

/** A problem for each limit that gives another amount than where an earlier pool names it. */
export function differingLimits(pools: readonly PoolConfig[]): string[] {
  const amounts = new Map<string, string>();
  return pools.flatMap((pool, index) =>
    pool.limits.flatMap(({ name, perMinute }, at) => {
      const { requests, tokens } = perMinute;
      const amount = shown({ requests, tokens });
      const first = amounts.get(name) ?? amount;
      amounts.set(name, first);
      if (amount === first) return [];
      const where = `${poolLabel(pool, index)}, field limits.${at}.perMinute`;
      return [invalid(where, perMinute, `${first}, as in the other pools with limit "${name}"`)];
    }),
  );
}

/** A problem for each ceiling that's lower than what its pools' minimums add up to. */
export function crowdedCeilings(pools: readonly PoolConfig[]): string[] {
  const names = new Set(pools.flatMap(({ ceiling }) => (ceiling ? [ceiling.name] : [])));
  return [...names].flatMap((shared) => {
    const [first, ...others] = pools.filter(({ ceiling }) => ceiling?.name === shared);
    if (first?.ceiling === undefined || others.length === 0) return [];
    const least = others.reduce((sum, { min }) => sum + min, first.min);
    const { name, max } = first.ceiling;
    if (least <= max) return [];
    const expectation = `at least ${least}, which the minimums of the pools under ceiling "${name}" add up to`;
    return [invalid(`${poolLabel(first, pools.indexOf(first))}, field ceiling.max`, max, expectation)];
  });
}

/** A problem for each pool that's delegated to and doesn't exist. */
export function unknownDelegates(pools: readonly PoolConfig[]): string[] {
  const names = pools.map(({ name }) => name);
  return pools.flatMap((pool, index) =>
    pool.delegatesTo
      .filter((name) => !names.includes(name))
      .map((name) =>
        invalid(
          `${poolLabel(pool, index)}, field delegatesTo`,
          name,
          `a pool of this project (${names.join(', ')})`,
        ),
      ),
  );
}

function poolLabel(pool: unknown, index: number): string {
  const name = (pool as { name?: unknown } | null)?.name;
  return typeof name === 'string' && name !== '' ? `pool "${name}"` : `pool #${index + 1}`;
}

/** A value as it's shown in a message. */
export function shown(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value);
  const json: string | undefined = JSON.stringify(value);
  return json ?? String(value);
}
