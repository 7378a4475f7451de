import { describeError } from '../shared/core/foreign-text.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { AgentHandler, HandlerResult, HandlerTask, HandlerTools } from './handler.ts';
import { type NotNow, notNow } from './retry-later.ts';

/** Why a handler was aborted. */
export type AbortCause = 'timeout' | 'stopping' | 'message lost' | 'cancelled';

export type HandlerOutcome =
  | { readonly kind: 'returned'; readonly result: unknown; readonly context: unknown }
  | { readonly kind: 'threw'; readonly reason: string }
  /** It asks to be called later. */
  | ({ readonly kind: 'not now'; readonly reason: string } & NotNow)
  /** It was aborted, and ended without a result. */
  | { readonly kind: 'aborted'; readonly cause: AbortCause }
  /** It was aborted and didn't end: this process can't be trusted with another task. */
  | { readonly kind: 'stuck'; readonly cause: AbortCause };

type Run = {
  readonly handler: AgentHandler;
  readonly task: HandlerTask;
  readonly context: unknown;
  readonly progress: (value: unknown) => void;
  readonly send: HandlerTools['send'];
  /** What takes from the pool's limits, until the signal aborts. */
  readonly limits: (signal: AbortSignal) => Pick<HandlerTools, 'acquire' | 'used'>;
  readonly timeoutMs: number;
  /** Aborts when the task must end early, with the cause as its reason. */
  readonly signal: AbortSignal;
  /** How long a handler may take to end after it's aborted. */
  readonly graceMs: (cause: AbortCause) => number;
  readonly clock: Clock;
};

/** Runs a handler until it ends, or until its timeout and grace period are over. Never throws, never hangs. */
export async function runHandler(run: Run): Promise<HandlerOutcome> {
  const abort = new AbortController();
  const finished = new AbortController();
  const onAbort = () => abort.abort(run.signal.reason);
  run.signal.addEventListener('abort', onAbort, { once: true });
  if (run.signal.aborted) onAbort();
  const { progress, send } = run;
  const tools = { signal: abort.signal, progress, send, ...run.limits(abort.signal) };
  const ended = Promise.resolve()
    .then(() => run.handler(run.task, run.context, tools))
    .then(asOutcome, (error: unknown): HandlerOutcome => {
      if (abort.signal.aborted) return { kind: 'aborted', cause: abort.signal.reason as AbortCause };
      const reason = describeError(error);
      const later = notNow(error);
      return later ? { kind: 'not now', reason, ...later } : { kind: 'threw', reason };
    });
  const timedOut = run.clock.sleep(run.timeoutMs, finished.signal).then(() => {
    if (!finished.signal.aborted) abort.abort('timeout');
  });
  const stuck = aborted(abort.signal)
    .then(() => run.clock.sleep(run.graceMs(abort.signal.reason as AbortCause), finished.signal))
    .then((): HandlerOutcome => ({ kind: 'stuck', cause: abort.signal.reason as AbortCause }));
  try {
    return await Promise.race([ended, stuck]);
  } finally {
    finished.abort();
    run.signal.removeEventListener('abort', onAbort);
    await timedOut;
  }
}

/** Checks what a handler returned, because handlers may be plain JavaScript. */
function asOutcome(returned: unknown): HandlerOutcome {
  if (typeof returned !== 'object' || returned === null || !('result' in returned)) {
    const got = returned === null ? 'null' : typeof returned;
    return { kind: 'threw', reason: `the handler returned ${got}, expected { result, context }` };
  }
  const { result, context } = returned as HandlerResult;
  return { kind: 'returned', result, context };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
