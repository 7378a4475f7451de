import type { PoolConfig } from '../shared/core/pool/config.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Protection } from '../shared/ports/protection.ts';
import type { TaskMessage } from '../shared/tasks/envelope.ts';
import type { AttemptPorts, AttemptStart } from './assignment.ts';
import type { Identity } from './ecs-endpoints.ts';
import type { AgentHandler } from './handler.ts';
import type { AttemptOutcome } from './outcome.ts';
import type { ProcessLoad } from './process-load.ts';

/** Pause after a call that failed, and after protection was refused. */
export const RETRY_MS = 2_000;

export type AgentPorts = AttemptPorts & {
  /** Fetches what every task needs ahead of the first one. */
  readonly prefetch: () => Promise<unknown>;
  readonly protection: Protection;
  readonly load: ProcessLoad;
  readonly log: Log;
  readonly telemetry: AgentTelemetry;
};

/** Structured lines on standard output. Payloads and contexts are never logged. */
export type Log = {
  info(message: string, details?: Record<string, unknown>): void;
  warn(message: string, details?: Record<string, unknown>): void;
};

/** Reports the start and the end of each attempt. */
export type AgentTelemetry = {
  started(task: TaskMessage, start: AttemptStart): void;
  attempted(task: TaskMessage, outcome: AttemptOutcome): void;
};

export type Agent = {
  readonly ports: AgentPorts;
  readonly config: PoolConfig;
  readonly identity: Identity;
  readonly loadHandler: () => Promise<AgentHandler>;
  readonly shutdown: Shutdown;
};

/** Why an agent takes no more tasks. */
export type ShutdownCause =
  | 'SIGTERM'
  | 'drained'
  | 'lost'
  | 'handler stuck'
  | 'not ready in time'
  | 'cannot receive';

/** The agent's shutdown, requested once: only the first cause counts. */
export type Shutdown = {
  /** Aborts when the agent must take no more tasks. */
  readonly signal: AbortSignal;
  /** Aborts when the running task must end too. */
  readonly interrupt: AbortSignal;
  cause(): ShutdownCause | undefined;
  request(cause: ShutdownCause): void;
};

/** Share of the stop timeout that uploads get. In the rest, the task is returned. */
const UPLOADS_SHARE = 0.85;

/** Aborts when an agent that has to stop has no time left for uploads. */
export function endOfUploads(
  { interrupt }: Pick<Shutdown, 'interrupt'>,
  { clock, stopTimeoutSeconds }: { readonly clock: Clock; readonly stopTimeoutSeconds: number },
): AbortSignal {
  const end = new AbortController();
  const later = async () => {
    await clock.sleep(UPLOADS_SHARE * stopTimeoutSeconds * 1000);
    end.abort(new Error('the agent has no time left for uploads'));
  };
  interrupt.addEventListener('abort', () => void later(), { once: true });
  return end.signal;
}

export function createShutdown(): Shutdown {
  const shutdown = new AbortController();
  const interrupt = new AbortController();
  return {
    signal: shutdown.signal,
    interrupt: interrupt.signal,
    cause: () => shutdown.signal.reason as ShutdownCause | undefined,
    request(cause) {
      if (!shutdown.signal.aborted) shutdown.abort(cause);
      // A drained agent has no task, but a later SIGTERM still has to end its wait.
      if (cause === 'SIGTERM' || cause === 'lost') interrupt.abort('stopping');
    },
  };
}
