import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import type { AgentHandler } from '../handler.ts';
import { closeThread, openThread, parseThread, pruned } from './thread.ts';

/** What of a compiled graph an agent needs. */
type Graph = {
  invoke(
    input: never,
    options: { readonly configurable: { readonly thread_id: string }; readonly signal: AbortSignal },
  ): Promise<unknown>;
};

export type LangGraphOptions = {
  /** Checkpoints that a conversation keeps, for going back in time. */
  readonly checkpoints?: number;
};

const CHECKPOINTS_KEPT = 10;

/**
 * Makes a LangGraph graph a pool's handler: `export default langGraphAgent((checkpointer) => graph.compile({
 * checkpointer }))`. The task's payload is the graph's input, its context the thread; the result is the graph's state
 * at the end. The checkpoints of a task take effect together, when the task does: a task that is run again after a
 * crash finds the thread as it was before.
 */
export function langGraphAgent(
  compile: (checkpointer: BaseCheckpointSaver) => Graph,
  { checkpoints = CHECKPOINTS_KEPT }: LangGraphOptions = {},
): AgentHandler {
  return async (task, context, { signal }) => {
    const threadId = task.contextId ?? task.id;
    const saver = openThread(threadId, parseThread(context));
    const result = await compile(saver).invoke(task.payload as never, {
      configurable: { thread_id: threadId },
      signal,
    });
    return {
      // Messages and the like are classes: what the sender gets is their JSON.
      result: JSON.parse(JSON.stringify(result)),
      context: pruned(closeThread(threadId, saver), checkpoints),
    };
  };
}
