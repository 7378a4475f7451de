import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import type { AgentHandler } from '../handler.ts';
import { closeThread, openThread, parseThread, pruned } from './thread.ts';

/** The part of a compiled graph that an agent needs. */
type Graph = {
  invoke(
    input: never,
    options: { readonly configurable: { readonly thread_id: string }; readonly signal: AbortSignal },
  ): Promise<unknown>;
};

export type LangGraphOptions = {
  /** Checkpoints to keep per conversation, for time travel. @default 10 */
  readonly checkpoints?: number;
};

const CHECKPOINTS_KEPT = 10;

/**
 * Turns a LangGraph graph into a pool's handler: `export default langGraphAgent((checkpointer) => graph.compile({
 * checkpointer }))`. The task's payload is the graph's input, its context is the thread, and its result is the graph's
 * final state. All checkpoints of a task take effect together, when the task completes. A task that runs again after a
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
      // Messages and the like are classes. The sender receives their JSON.
      result: JSON.parse(JSON.stringify(result)),
      context: pruned(closeThread(threadId, saver), checkpoints),
    };
  };
}
