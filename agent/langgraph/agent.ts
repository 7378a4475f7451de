import type { BaseCheckpointSaver, SerializerProtocol } from '@langchain/langgraph-checkpoint';
import type { AgentHandler } from '../handler.ts';
import { type ResultForm, resultOf } from './result.ts';
import { inputOf } from './resume.ts';
import { forgetUnreachable } from './retention.ts';
import { closeThread, openThread, parseThread } from './thread.ts';

/** The part of a compiled graph that an agent needs. */
type Graph = {
  invoke(
    input: never,
    options: { readonly configurable: { readonly thread_id: string }; readonly signal: AbortSignal },
  ): Promise<unknown>;
  /** Only graphs that are interrupted need it. */
  getState?: (config: never) => Promise<{ readonly next: readonly string[] }>;
};

export type LangGraphOptions = {
  /**
   * Checkpoints to keep per conversation, for time travel within a turn. Each one keeps the state it needs. The states
   * at the ends of earlier turns are versions of the context anyway. @default 1
   */
  readonly checkpoints?: number;
  /** What the sender of a task gets. @default 'state' */
  readonly result?: ResultForm;
  /** Writes and reads the values of channels. @default LangGraph's own */
  readonly serde?: SerializerProtocol;
};

/**
 * Turns a LangGraph graph into a pool's handler: `export default langGraphAgent((checkpointer) => graph.compile({
 * checkpointer }))`. The task's payload is the graph's input, its context is the thread, and its result is the graph's
 * final state, with messages as `{ role, content, … }`. A graph that was interrupted goes on with `{ resume: … }` as the payload, or with a `Command` as JSON. All
 * checkpoints of a task take effect together, when the task completes. A task that runs again after a crash finds the
 * thread as it was before.
 */
export function langGraphAgent(
  compile: (checkpointer: BaseCheckpointSaver) => Graph,
  { checkpoints = 1, result = 'state', serde }: LangGraphOptions = {},
): AgentHandler {
  if (!Number.isInteger(checkpoints) || checkpoints < 1)
    throw new RangeError(`checkpoints is ${checkpoints}, expected a whole number of at least 1`);
  return async (task, context, { signal }) => {
    const threadId = task.contextId ?? task.id;
    const saver = openThread(threadId, parseThread(context), serde);
    const graph = compile(saver);
    const config = { configurable: { thread_id: threadId } };
    const input = await inputOf(task.payload, graph, config);
    const state = await graph.invoke(input as never, { ...config, signal });
    await forgetUnreachable(threadId, saver, checkpoints);
    return { result: resultOf(state, result), context: closeThread(threadId, saver) };
  };
}
