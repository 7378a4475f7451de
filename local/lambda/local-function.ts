import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { ownModule, projectRoot } from '../../shared/project/own-files.ts';
import type { DeployedFunction } from '../deploy/process-resources.ts';

const HOST = ownModule('local/lambda/host');

/** A function of the stack, run in its own process with the environment from the template. */
export type LocalFunction = {
  readonly logicalId: string;
  /** The file with its handler. */
  readonly entry: string;
  /** @throws Error if the handler throws, the timeout expires or the process exits. */
  invoke(event: unknown): Promise<void>;
  /** Kills its process immediately. The next invocation starts a new one. */
  crash(): void;
  /** Kills its process and starts no other. */
  close(): Promise<void>;
};

type Options = { readonly environment: Readonly<Record<string, string>>; readonly logFile: string };

/** Creates the function. Its process writes to a log file, where Lambda would write to CloudWatch. */
export function startFunction(deployed: DeployedFunction, { environment, logFile }: Options): LocalFunction {
  let host: Promise<ChildProcess> | undefined;
  let closed = false;

  /** Starts a process. Like Lambda, the next invocation after a crash starts a new one. */
  function start(): Promise<ChildProcess> {
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', HOST, deployed.entry], {
      cwd: projectRoot,
      env: {
        PATH: process.env['PATH'] ?? '',
        ...environment,
        ...deployed.environment,
        NODE_OPTIONS: `--import=${new URL('../orphan-guard.mjs', import.meta.url).href}`,
      },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    return new Promise((resolve, reject) => {
      child.once('message', () => resolve(child));
      child.once('exit', (code) => {
        host = undefined;
        reject(
          new Error(`${deployed.logicalId} exited with code ${code} before it was ready; see ${logFile}`),
        );
      });
      child.once('error', reject);
    });
  }

  return {
    logicalId: deployed.logicalId,
    entry: deployed.entry,
    async invoke(event) {
      if (closed) return;
      host ??= start();
      const child = await host;
      const requestId = randomUUID();
      const timeoutMs = deployed.timeoutSeconds * 1000;
      const startMs = Date.now();
      const result = await new Promise<{ error?: string }>((resolve) => {
        const timer = setTimeout(() => {
          child.kill('SIGKILL');
          finish({ error: `timed out after ${deployed.timeoutSeconds} s` });
        }, timeoutMs);
        const onMessage = (message: unknown) => {
          const { requestId: of, error } = message as { requestId: string; error?: string };
          if (of === requestId) finish(error === undefined ? {} : { error });
        };
        const onExit = () => finish(closed ? {} : { error: 'its process exited' });
        const finish = (outcome: { error?: string }) => {
          clearTimeout(timer);
          child.off('message', onMessage).off('exit', onExit);
          resolve(outcome);
        };
        child.on('message', onMessage).once('exit', onExit);
        child.send({ requestId, event, deadlineMs: Date.now() + timeoutMs });
      });
      if (!closed)
        await appendFile(logFile, metrics(deployed.logicalId, startMs, result.error !== undefined));
      if (result.error !== undefined) throw new Error(`${deployed.logicalId}: ${result.error}`);
    },
    crash() {
      const crashed = host;
      host = undefined;
      crashed?.then(
        (child) => child.kill('SIGKILL'),
        () => undefined,
      );
    },
    async close() {
      closed = true;
      const child = await host?.catch(() => undefined);
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Lambda's own metrics of an invocation, as a line in the embedded metric format. */
function metrics(logicalId: string, startMs: number, hasFailed: boolean): string {
  const Metrics = ['Invocations', 'Errors', 'Duration'].map((Name) => ({ Name }));
  const line = {
    _aws: {
      Timestamp: startMs,
      CloudWatchMetrics: [{ Namespace: 'AWS/Lambda', Dimensions: [['FunctionName']], Metrics }],
    },
    FunctionName: logicalId,
    Invocations: 1,
    Errors: hasFailed ? 1 : 0,
    Duration: Date.now() - startMs,
  };
  return `${JSON.stringify(line)}\n`;
}
