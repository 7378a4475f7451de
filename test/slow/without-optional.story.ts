// Covers: cli/run.ts, cli/reload.ts
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  optionalDependencies: Record<string, string>;
};

/** As after `npm install --omit=optional`: the packages can't be found. */
const HOOK = `
  import { registerHooks } from 'node:module';
  const missing = ${JSON.stringify(Object.keys(optionalDependencies))};
  registerHooks({
    resolve(name, context, next) {
      if (!missing.includes(name)) return next(name, context);
      throw Object.assign(new Error("Cannot find package '" + name + "' imported from here"), { code: 'ERR_MODULE_NOT_FOUND' });
    },
  });`;

async function agentpool(...args: string[]) {
  const hook = `--import=data:text/javascript,${encodeURIComponent(HOOK)}`;
  return promisify(execFile)(process.execPath, [hook, 'cli/main.ts', ...args]).then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, said: stderr }),
  );
}

describe('without the optional packages', () => {
  test.each([[['--help']], [['status', '--help']], [['check', '--offline']]])(
    'agentpool %j works',
    async (args) => {
      expect(await agentpool(...args)).toMatchObject({ code: 0 });
    },
  );

  test.each([
    [['local'], 'dynalite'],
    [['console', '--local'], 'esbuild'],
  ])('agentpool %j names what is missing, and how to install it', async (args, name) => {
    expect(await agentpool(...args)).toEqual({
      code: 1,
      said: `agentpool: this command needs the optional package ${name}: run npm install --include=optional with Node 24\n`,
    });
  });
});
