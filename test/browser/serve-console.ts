import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Served = {
  readonly process: ChildProcess;
  readonly url: string;
  /** The file with the stack's environment, for other processes. */
  readonly environment: string;
};

/** Runs the console on a local stack, as `npm start` does. It prints its address once the page is served. */
export async function serveConsole(port: number): Promise<Served> {
  const flags = ['--local', '--json', '--port', `${port}`];
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'cli/main.ts', 'console', ...flags],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    return { process: child, ...(JSON.parse(line) as { url: string; environment: string }) };
  }
  throw new Error('the console did not start');
}
