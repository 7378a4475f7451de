import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { ownModule, projectRoot } from '../../shared/project/own-files.ts';
import type { DeployedFunction } from '../deploy/creators.ts';

const HOST = ownModule('local/lambda/host');

/** A function of the stack in a process of its own, with the environment that the stack gives it. */
export type LocalFunction = {
  readonly logicalId: string;
  /** The file that it runs. */
  readonly entry: string;
  /** @throws Error when the handler does, when its time is over, or when its process ends. */
  invoke(event: unknown): Promise<void>;
  /** Ends its process at once, in the middle of whatever it does; the next invocation starts another one. */
  crash(): void;
  /** Ends its process for good. */
  close(): Promise<void>;
};

type Options = { readonly environment: Readonly<Record<string, string>>; readonly logFile: string };

/** Starts the function's process. Its output goes to a log file, as Lambda's goes to CloudWatch. */
export function startFunction(deployed: DeployedFunction, { environment, logFile }: Options): LocalFunction {
  let host: Promise<ChildProcess> | undefined;
  let closed = false;

  /** Lambda starts a new environment when one has crashed: so does the next invocation here. */
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
          new Error(
            `${deployed.logicalId} ended with exit status ${code} before it was ready; see ${logFile}`,
          ),
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
      const answer = await new Promise<{ error?: string }>((resolve) => {
        const timer = setTimeout(() => {
          child.kill('SIGKILL');
          finish({ error: `timed out after ${deployed.timeoutSeconds} s` });
        }, timeoutMs);
        const onMessage = (message: unknown) => {
          const { requestId: of, error } = message as { requestId: string; error?: string };
          if (of === requestId) finish(error === undefined ? {} : { error });
        };
        const onExit = () => finish(closed ? {} : { error: 'its process ended' });
        const finish = (result: { error?: string }) => {
          clearTimeout(timer);
          child.off('message', onMessage).off('exit', onExit);
          resolve(result);
        };
        child.on('message', onMessage).once('exit', onExit);
        child.send({ requestId, event, deadlineMs: Date.now() + timeoutMs });
      });
      if (!closed)
        await appendFile(logFile, measured(deployed.logicalId, startMs, answer.error !== undefined));
      if (answer.error !== undefined) throw new Error(`${deployed.logicalId}: ${answer.error}`);
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

/** What Lambda measures itself of an invocation, as a line in the embedded metric format. */
function measured(logicalId: string, startMs: number, hasFailed: boolean): string {
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
