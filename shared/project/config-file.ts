import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../core/pool/config.ts';

export const CONFIG_FILE = 'pools.config.ts';

/** What a configuration exports, as it was written: `parsePools` checks it. @throws ConfigError when there is none. */
export async function importConfig(file: string): Promise<unknown> {
  if (!existsSync(file)) throw new ConfigError(`${file}: there is no such file; agentpool init writes one`);
  const module = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
  return module.default;
}
