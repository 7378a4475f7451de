import { conflictsOf } from './config-conflicts.ts';
import {
  crowdedCeilings,
  differingCeilings,
  differingLimits,
  duplicateNames,
  problemOf,
  shown,
  unknownDelegates,
} from './config-problems.ts';
import { type PoolConfig, type PoolInput, poolSchema } from './config-schema.ts';

export { POLICY_NAMES, type PolicyName, type PoolConfig, type PoolInput } from './config-schema.ts';

/** Gives `pools.config.ts` its types. Values are checked when the file is read. */
export function definePools(pools: readonly PoolInput[]): readonly PoolInput[] {
  return pools;
}

/** Thrown for an invalid configuration. The message has one line per invalid field. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Checks pools and fills in the defaults. `source` names their origin in messages.
 * @throws ConfigError with the pool, the field, the value and what's expected for each invalid value.
 */
export function parsePools(input: unknown, source = 'pools.config.ts'): readonly PoolConfig[] {
  if (!Array.isArray(input) || input.length === 0) {
    throw new ConfigError(`${source}: invalid value ${shown(input)}: expected a list of at least one pool`);
  }
  const results = input.map((pool) => poolSchema.safeParse(pool));
  const problems = results.flatMap((result, index) => {
    const [pool, issues] = result.success
      ? [result.data, conflictsOf(result.data)]
      : [input[index], result.error.issues];
    return issues.map((issue) => problemOf(issue, { pool, index }));
  });
  problems.push(...duplicateNames(input), ...differingCeilings(input));
  const pools = results.map((result) => result.data as PoolConfig);
  if (problems.length === 0) problems.push(...crowdedCeilings(pools), ...differingLimits(pools));
  if (problems.length > 0) {
    throw new ConfigError(`problems in ${source}:\n  ${problems.join('\n  ')}`);
  }
  return pools;
}

/** Checks all pools of a project: {@link parsePools}, and that each pool they delegate to is among them. */
export function parseProject(input: unknown, source = 'pools.config.ts'): readonly PoolConfig[] {
  const pools = parsePools(input, source);
  const problems = unknownDelegates(pools);
  if (problems.length === 0) return pools;
  throw new ConfigError(`problems in ${source}:\n  ${problems.join('\n  ')}`);
}

/**
 * A pool without its defaults, to keep the environments of the scaler and the agents small. It also leaves out the
 * fields that only a deployment needs.
 */
export function minimalPool({
  agent: _agent,
  capacity: _capacity,
  alarms: _alarms,
  delegatesTo: _delegatesTo,
  ...pool
}: PoolConfig): PoolInput {
  const { name, handler } = pool;
  const defaults: Readonly<Record<string, unknown>> = poolSchema.parse({ name, handler });
  const differing = Object.entries(pool).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(defaults[field]),
  );
  return { name, handler, ...Object.fromEntries(differing) };
}
