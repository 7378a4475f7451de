import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../core/pool/config.ts';
import { loadProblem } from './load-problem.ts';

export const CONFIG_FILE = 'pools.config.ts';

/** A configuration file's default export, unchecked; see `parsePools`. @throws ConfigError when it's missing or can't be loaded. */
export async function importConfig(file: string): Promise<unknown> {
  if (!existsSync(file)) throw new ConfigError(`${file}: no such file; agentpool init creates one`);
  try {
    const module = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
    return module.default;
  } catch (error) {
    throw new ConfigError(loadProblem(file, error));
  }
}
