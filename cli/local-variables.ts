import { describeVariables, readVariables, variableFinder } from '../local/agent-variables.ts';
import type { LocalStackOptions } from '../local/stack.ts';
import type { PoolConfig } from '../shared/core/pool/config.ts';
import { DEFAULT_ENV_FILE } from './local-options.ts';
import { warn } from './print.ts';

/**
 * What local agents get of this machine. Says on standard error what was found and what's missing, or has changed. Call
 * it before the local stack takes over the AWS variables of this process.
 */
export function localVariables(
  envFile: string | undefined,
): (pools: readonly PoolConfig[]) => Promise<NonNullable<LocalStackOptions['variables']>> {
  const path = envFile ?? DEFAULT_ENV_FILE;
  const find = variableFinder();
  const said = new Set<string>();
  return async (pools) => {
    const file = await readVariables(path, { isDefault: envFile === undefined });
    const found = await find(pools, file);
    for (const line of describeVariables(found, path)) {
      if (!said.has(line)) warn(line);
      said.add(line);
    }
    return Object.fromEntries(found.map(({ pool, variables }) => [pool, variables]));
  };
}
