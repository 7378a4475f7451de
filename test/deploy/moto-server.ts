import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MOTO = 'moto[server]==5.2.1';
const ENVIRONMENT = fileURLToPath(new URL('../../node_modules/.cache/moto', import.meta.url));
const INSTALLED = join(ENVIRONMENT, 'bin', 'moto_server');

/** Ways to a moto server, in this order: what is there, else what can be installed without touching the machine. */
const INSTALLATIONS: readonly (readonly string[][])[] = [
  [
    ['uv', 'venv', '--quiet', ENVIRONMENT],
    ['uv', 'pip', 'install', '--quiet', '--python', join(ENVIRONMENT, 'bin', 'python'), MOTO],
  ],
  [
    ['python3', '-m', 'venv', ENVIRONMENT],
    [join(ENVIRONMENT, 'bin', 'pip'), 'install', '--quiet', MOTO],
  ],
];

/** The command of a moto server. @throws Error that says what is missing. */
export function findMoto(): string {
  if (runs('moto_server')) return 'moto_server';
  if (existsSync(INSTALLED)) return INSTALLED;
  for (const steps of INSTALLATIONS) {
    if (steps.every(([command = '', ...args]) => runs(command, args)) && existsSync(INSTALLED))
      return INSTALLED;
  }
  throw new Error(
    `no moto server: there is no moto_server on the PATH, and neither uv nor python3 with pip could install ${MOTO}. ` +
      'Install one of them, or moto itself (pip install "moto[server]"), and try again.',
  );
}

function runs(command: string, args: readonly string[] = ['--help']): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Pause between two checks of whether a starting server responds. */
const POLL_MS = 100;

export type MotoServer = { readonly port: number; readonly endpoint: string; close(): void };

/** AWS in a process. `localhost`, not an address: with one, `cdk` would take buckets for host names. */
export async function startMoto(): Promise<MotoServer> {
  const port = await freePort();
  const server = spawn(findMoto(), ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const endpoint = `http://localhost:${port}`;
  await answering(endpoint, server);
  return { port, endpoint, close: () => void server.kill('SIGKILL') };
}

async function answering(endpoint: string, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    const answer = await fetch(`${endpoint}/moto-api/data.json`).catch(() => undefined);
    if (answer?.ok) return;
    await setTimeout(POLL_MS);
  }
  throw new Error(`moto_server ended with exit status ${server.exitCode} before it answered`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// As a command, it prints the path of the server, or fails if none is installed.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(findMoto());
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
