import { existsSync } from 'node:fs';
import { ConfigError, type PoolConfig, type PoolInput, parseProject } from '../shared/core/pool/config.ts';
import { importConfig } from '../shared/project/config-file.ts';

/** Reads and validates a configuration, including that its handlers exist. @throws ConfigError that lists all problems. */
export async function readConfig(
  file: string,
): Promise<{ readonly pools: readonly PoolConfig[]; readonly inputs: readonly PoolInput[] }> {
  const inputs = await importConfig(file);
  const pools = parseProject(inputs, file);
  const missing = pools.filter((pool) => !existsSync(pool.handler));
  if (missing.length === 0) return { pools, inputs: inputs as readonly PoolInput[] };
  const problems = missing.map(
    (pool) =>
      `pool "${pool.name}", field handler: invalid value "${pool.handler}": expected an existing file`,
  );
  throw new ConfigError(`${file} has ${missing.length} problem(s):\n  ${problems.join('\n  ')}`);
}
