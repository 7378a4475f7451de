// Runs a TypeScript file, or a tool from node_modules, on the project's own Node 24. Works in a fresh clone on any
// Node 20 or newer: installs dependencies first if node_modules is missing or older than the lock file.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');

function installIfNeeded() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.error('agentpool: installing dependencies (npm ci) …');
  // Standard output is the command's own and may be JSON, so npm's output goes to standard error.
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(
      `agentpool: npm ci failed${error ? `: ${error.message}` : ''}; check the network, then run npm ci yourself`,
    );
    process.exit(1);
  }
}

function run([command, ...args]) {
  const node = join(bin, 'node');
  const [file, fileArgs] = command.endsWith('.ts')
    ? [node, ['--disable-warning=ExperimentalWarning', join(root, command), ...args]]
    : [join(bin, command), args];
  const child = spawn(file, fileArgs, {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  });
  // On Ctrl-C, the terminal signals the whole process group, so wait for the child to exit. Other signals reach only
  // this process, so forward them.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

if (process.argv.length < 3) {
  console.error('usage: node scripts/run.mjs FILE.ts|TOOL [arguments]');
  process.exit(2);
}
installIfNeeded();
run(process.argv.slice(2));
