import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadProblem } from '../shared/project/load-problem.ts';
import type { NewTask } from '../shared/tasks/client.ts';

/** A task as a handler receives it. */
export type HandlerTask = {
  readonly id: string;
  readonly contextId: string | undefined;
  /** What the sender sent: any JSON. */
  readonly payload: unknown;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The last progress that an earlier attempt reported, so that this one can continue from there. */
  readonly progress: unknown;
};

export type HandlerTools = {
  /** Aborts when the task must end: it timed out, the agent has to stop, or its message was lost. */
  readonly signal: AbortSignal;
  /** Reports progress: any JSON. `getTask` shows it, and the next attempt receives it. */
  progress(value: unknown): void;
  /**
   * Sends a task to a pool of `delegatesTo`, and returns its ID. Without an ID, the same task is sent once, however often
   * this one is attempted, if a handler sends its tasks in the same order each time.
   */
  send(pool: string, task: NewTask): Promise<string>;
  /**
   * Waits until the pool's limit (`limits` in its configuration) has room for a call, and takes it: one request unless
   * said otherwise, and as many tokens as you expect the call to use, in and out. Call it before each call of the service.
   * @throws RetryLater when the turn wouldn't come within 30 seconds. Let it through: the task comes back by then.
   * @throws RangeError for more than the limit gives in a minute, and Error for a limit that the pool doesn't have.
   */
  acquire(limit: string, amounts?: CallAmounts): Promise<void>;
  /**
   * Says what the call after the latest `acquire` of a limit really used. If you acquired too much, the surplus can be
   * used for a few more seconds; if too little, the rest is taken from the next lease. Without `acquire`, it only charges
   * the limit. What's left out or undefined is as acquired.
   * @throws RangeError for an amount below 0, and Error for a limit that the pool doesn't have.
   */
  used(limit: string, amounts: CallAmounts): void;
};

/** What a call of a limited service uses. */
export type CallAmounts = {
  /** Default: 1. */
  readonly requests?: number;
  /** Default: 0. */
  readonly tokens?: number;
};

export type HandlerResult = {
  /** What the sender receives: any JSON. */
  readonly result: unknown;
  /** The new context: any JSON. If omitted, the context stays as it was. */
  readonly context?: unknown;
};

/**
 * A handler: a function from a task and the context of its conversation (undefined for a new one) to a result and the
 * new context. After a crash it may be called again for the same task. It then receives the context from before the
 * first call, so its effect on the context happens once.
 */
export type AgentHandler = (
  task: HandlerTask,
  context: unknown,
  tools: HandlerTools,
) => Promise<HandlerResult>;

/** Loads a handler: the default export of a module. @throws Error that says what's wrong with the module. */
export async function loadHandler(path: string, root: string): Promise<AgentHandler> {
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(resolve(root, path)).href);
  } catch (error) {
    const file = resolve(root, path);
    const problem = loadProblem(file, error).replace(`${file}: `, '');
    throw new Error(`handler ${path} cannot be loaded: ${problem}`, { cause: error });
  }
  if (typeof module.default !== 'function') {
    throw new Error(`handler ${path}: the default export is ${typeof module.default}, expected a function`);
  }
  return module.default as AgentHandler;
}
