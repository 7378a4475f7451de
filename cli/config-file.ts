import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ConfigError, type PoolConfig, type PoolInput, parseProject } from '../shared/core/pool/config.ts';
import { importConfig } from '../shared/project/config-file.ts';
import { ownModule } from '../shared/project/own-files.ts';
import type { SentConfig } from './send-config.ts';

type Project = { readonly pools: readonly PoolConfig[]; readonly inputs: readonly PoolInput[] };

/** Reads and validates a configuration, including that its handlers exist. @throws ConfigError that lists all problems. */
export async function readConfig(file: string): Promise<Project> {
  return validated(await importConfig(file), file);
}

/** The same, of a file that this process has read before: a module is imported once. */
export async function readConfigAfresh(file: string): Promise<Project> {
  const execArgv = ['--disable-warning=ExperimentalWarning'];
  const child = fork(ownModule('cli/send-config'), [file], { execArgv, stdio: 'ignore' });
  const sent = await new Promise<SentConfig>((resolve) => {
    child.once('message', (message) => resolve(message as SentConfig));
    child.once('exit', () => resolve({ kind: 'refused', problem: `${file} ended its process` }));
  });
  if (sent.kind === 'refused') throw new ConfigError(sent.problem);
  return validated(sent.config, file);
}

function validated(inputs: unknown, file: string): Project {
  const pools = parseProject(inputs, file);
  const missing = pools.filter((pool) => !existsSync(pool.handler));
  if (missing.length === 0) return { pools, inputs: inputs as readonly PoolInput[] };
  const problems = missing.map(
    (pool) =>
      `pool "${pool.name}", field handler: invalid value "${pool.handler}": expected an existing file`,
  );
  throw new ConfigError(`problems in ${file}:\n  ${problems.join('\n  ')}`);
}
