import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cleanText } from '../../shared/core/foreign-text.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import type { HealthReport } from '../../shared/core/pool/health-check.ts';
import { ownModule } from '../../shared/project/own-files.ts';
import { checked } from './finding.ts';

/** As long as an agent may take to start, and a bit. */
const TIMEOUT_MS = 60_000;
const PROBLEM_CHARACTERS = 1_000;
/** What the process says in the end: the handler may end it, too. */
const LOADED: HealthReport = 'loaded';
/** For a client that wants a key when it's created. Nothing is called. */
const PLACEHOLDER = 'not-a-key';

/** Loads every handler once, as its agents will: in a process of its own, because it's the user's code. */
export function checkHandlers(pools: readonly PoolConfig[]) {
  return checked('handlers', async () => {
    const results = await Promise.all(pools.map(async (pool) => ({ pool, problem: await problemOf(pool) })));
    const broken = results.flatMap(({ pool, problem }) =>
      problem === undefined ? [] : [`${pool.name}: ${problem}`],
    );
    return broken.length > 0
      ? { verdict: 'bad', text: broken.join('\n') }
      : { verdict: 'good', text: `${pools.map(({ handler }) => handler).join(', ')} can be loaded` };
  });
}

async function problemOf({ handler, agent }: PoolConfig): Promise<string | undefined> {
  const secrets = Object.keys(agent.secrets).map((name) => [name, process.env[name] ?? PLACEHOLDER]);
  const args = ['--disable-warning=ExperimentalWarning', ownModule('agent/try-handler'), handler];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        ...agent.environment,
        ...Object.fromEntries(secrets),
      },
      timeout: TIMEOUT_MS,
    });
    return stdout.trimEnd().endsWith(LOADED) ? undefined : `handler ${handler} ended its process`;
  } catch (error) {
    const { stderr = '', killed, code } = error as { stderr?: string; killed?: boolean; code?: number };
    if (killed) return `handler ${handler} takes more than ${TIMEOUT_MS / 1000} s to load`;
    const said = stderr.trim() === '' ? `handler ${handler} ended its process with ${code}` : stderr;
    return cleanText(said, PROBLEM_CHARACTERS);
  }
}
