import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import type { HealthCheck } from './health-check.ts';

const ORPHAN_GUARD = new URL('../orphan-guard.mjs', import.meta.url).href;

/** The only container of a task definition. */
export type Container = {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly stopTimeoutSeconds: number;
  readonly healthCheck?: HealthCheck;
};

/** A task's container, run as a process. */
export type TaskProcess = {
  readonly pid: number | undefined;
  /** Sends SIGTERM, then SIGKILL after the stop timeout. */
  stop(): void;
  kill(signal: NodeJS.Signals): void;
};

type Start = {
  readonly container: Container;
  /** Of the container, complete. */
  readonly environment: NodeJS.ProcessEnv;
  readonly workingDirectory: string;
  readonly logFile: string;
  readonly onExit: (code: number | null, signal: NodeJS.Signals | null) => void;
};

/** The environment of a container: `added` to what its definition has, and what programs need to run here. */
export function containerEnvironment(
  { environment }: Container,
  added: Readonly<Record<string, string | undefined>>,
): NodeJS.ProcessEnv {
  return {
    PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
    HOME: process.env['HOME'] ?? '',
    NODE_OPTIONS: `--import=${ORPHAN_GUARD}`,
    ...environment,
    ...added,
  };
}

/** Starts the container's command and writes its output to a log file. */
export function startProcess({
  container,
  environment,
  workingDirectory,
  logFile,
  onExit,
}: Start): TaskProcess {
  const log = openSync(logFile, 'a');
  const [command = '', ...args] = container.command;
  const child = spawn(command, args, {
    cwd: workingDirectory,
    env: environment,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  let killTimer: NodeJS.Timeout | undefined;
  const exited = onceOnly((code: number | null, signal: NodeJS.Signals | null) => {
    clearTimeout(killTimer);
    onExit(code, signal);
  });
  child.on('exit', exited);
  child.on('error', () => exited(127, null));
  return {
    pid: child.pid,
    stop() {
      signal(child, 'SIGTERM');
      killTimer ??= setTimeout(() => signal(child, 'SIGKILL'), container.stopTimeoutSeconds * 1000);
    },
    kill: (which) => signal(child, which),
  };
}

function signal(child: ChildProcess, which: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) child.kill(which);
}

function onceOnly<Args extends unknown[]>(call: (...args: Args) => void): (...args: Args) => void {
  let called = false;
  return (...args) => {
    if (called) return;
    called = true;
    call(...args);
  };
}
