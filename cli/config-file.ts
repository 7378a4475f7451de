import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, type PoolConfig, type PoolInput, parsePools } from '../shared/pool/config.ts';

export const CONFIG_FILE = 'pools.config.ts';

/** Reads and checks a configuration. @throws ConfigError with everything that is wrong. */
export async function readConfig(
  file: string,
): Promise<{ readonly pools: readonly PoolConfig[]; readonly inputs: readonly PoolInput[] }> {
  if (!existsSync(file)) throw new ConfigError(`${file}: there is no such file; agentpool init writes one`);
  const module = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
  const pools = parsePools(module.default);
  const missing = pools.filter((pool) => !existsSync(pool.handler));
  if (missing.length === 0) return { pools, inputs: module.default as readonly PoolInput[] };
  const problems = missing.map(
    (pool) => `pool "${pool.name}", field handler: got "${pool.handler}", allowed: a file of the project`,
  );
  throw new ConfigError(`${file} has ${missing.length} problem(s):\n  ${problems.join('\n  ')}`);
}
