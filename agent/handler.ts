import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A task as a handler gets it. */
export type HandlerTask = {
  readonly id: string;
  readonly contextId: string | undefined;
  /** What the sender sent: any JSON. */
  readonly payload: unknown;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** What an earlier attempt reported last, so that this one can go on from there. */
  readonly progress: unknown;
};

export type HandlerTools = {
  /** Aborts when the task has to end: its time is over, the agent has to stop, or its message was lost. */
  readonly signal: AbortSignal;
  /** Reports how far the task is: any JSON. Shown by `getTask` and given to the next attempt. */
  progress(value: unknown): void;
};

export type HandlerResult = {
  /** What the sender gets: any JSON. */
  readonly result: unknown;
  /** The context to carry on: any JSON. Left out, the context stays as it was. */
  readonly context?: unknown;
};

/**
 * An agent: one function from a task and the context of its conversation (undefined for a new one) to the result
 * and the new context. It may be called again for the same task after a crash; the context it gets then is the one
 * before, so that the effect on it is there once.
 */
export type AgentHandler = (
  task: HandlerTask,
  context: unknown,
  tools: HandlerTools,
) => Promise<HandlerResult>;

/** Loads a handler: the default export of a module. @throws Error that says what is wrong with the module. */
export async function loadHandler(path: string, root: string): Promise<AgentHandler> {
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(resolve(root, path)).href);
  } catch (error) {
    throw new Error(`handler ${path} cannot be loaded: ${(error as Error).message}`, { cause: error });
  }
  if (typeof module.default !== 'function') {
    throw new Error(`handler ${path} has no function as its default export, but ${typeof module.default}`);
  }
  return module.default as AgentHandler;
}
