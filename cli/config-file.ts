import { existsSync } from 'node:fs';
import { ConfigError, type PoolConfig, type PoolInput, parsePools } from '../shared/core/pool/config.ts';
import { importConfig } from '../shared/project/config-file.ts';

/** Reads and checks a configuration, and that its handlers are there. @throws ConfigError with everything that is wrong. */
export async function readConfig(
  file: string,
): Promise<{ readonly pools: readonly PoolConfig[]; readonly inputs: readonly PoolInput[] }> {
  const inputs = await importConfig(file);
  const pools = parsePools(inputs, file);
  const missing = pools.filter((pool) => !existsSync(pool.handler));
  if (missing.length === 0) return { pools, inputs: inputs as readonly PoolInput[] };
  const problems = missing.map(
    (pool) => `pool "${pool.name}", field handler: got "${pool.handler}", allowed: a file of the project`,
  );
  throw new ConfigError(`${file} has ${missing.length} problem(s):\n  ${problems.join('\n  ')}`);
}
