import { agentVariables, describeVariables, readVariables } from '../local/agent-variables.ts';
import type { LocalStackOptions } from '../local/stack.ts';
import type { PoolConfig } from '../shared/core/pool/config.ts';
import { warn } from './warn.ts';

const DEFAULT_FILE = '.env';

export const ENV_FILE_OPTION = {
  type: 'string',
  describe: `file with values for agent.secrets (default: ${DEFAULT_FILE}, if there is one)`,
} as const;

/** What local agents get of this machine. Says on standard error what was found and what's missing. */
export async function localVariables(
  pools: readonly PoolConfig[],
  envFile: string | undefined,
): Promise<NonNullable<LocalStackOptions['variables']>> {
  const path = envFile ?? DEFAULT_FILE;
  const file = await readVariables(path, { isDefault: envFile === undefined });
  const found = await agentVariables(pools, file);
  for (const line of describeVariables(found, path)) warn(line);
  return Object.fromEntries(found.map(({ pool, variables }) => [pool, variables]));
}
