import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, type PoolConfig, parsePools } from '../shared/pool/config.ts';
import { CONDENSE_USAGE, condenseCommand } from './condense.ts';
import { isOrdersCommand, ORDERS_USAGE, ordersCommand } from './orders.ts';
import { SEND_USAGE, sendCommand } from './send.ts';
import { STACK_USAGE } from './stack.ts';

const USAGE = `agentpool check [FILE]   checks a configuration (default ./pools.config.ts)
${SEND_USAGE}
${CONDENSE_USAGE}
${ORDERS_USAGE}
all but check take ${STACK_USAGE}`;

/** Exit statuses: 0 all is well, 1 the configuration is wrong, 2 wrong usage. */
async function main([command, ...args]: readonly string[]): Promise<number> {
  if (command === 'help' || command === '--help' || command === '-h') {
    console.log(USAGE);
    return 0;
  }
  if (command === 'send') return told(() => sendCommand(args));
  if (command === 'condense') return told(() => condenseCommand(args));
  if (isOrdersCommand(command)) return told(() => ordersCommand(command, args, Date.now()));
  const [file = 'pools.config.ts', ...rest] = args;
  if (command !== 'check' || rest.length > 0) {
    console.error(USAGE);
    return 2;
  }
  return told(async () => {
    for (const pool of await check(file))
      console.log(`${pool.name}: ${pool.min} to ${pool.max} agents of ${pool.handler}`);
  });
}

/** What is wrong with what was given is told without more ado. */
async function told(command: () => Promise<void>): Promise<number> {
  try {
    await command();
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return 1;
  }
}

async function check(file: string): Promise<readonly PoolConfig[]> {
  if (!existsSync(file)) throw new ConfigError(`${file}: there is no such file`);
  const module = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
  const pools = parsePools(module.default);
  const missing = pools.filter((pool) => !existsSync(pool.handler));
  if (missing.length === 0) return pools;
  const problems = missing.map(
    (pool) => `pool "${pool.name}", field handler: got "${pool.handler}", allowed: a file of the project`,
  );
  throw new ConfigError(`${file} has ${missing.length} problem(s):\n  ${problems.join('\n  ')}`);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`agentpool: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(2);
  },
);
