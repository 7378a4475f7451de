import type { AgentHandler } from '../../agent/handler.ts';
import { type LangGraphOptions, langGraphAgent } from '../../agent/langgraph/agent.ts';
import { NO_TOOLS } from '../tools.ts';

/** A conversation with a graph, turn by turn, whose context is stored as JSON in between. */
export function conversationWith(
  compile: Parameters<typeof langGraphAgent>[0] | AgentHandler,
  options?: LangGraphOptions,
) {
  const agent = compile.length > 1 ? (compile as AgentHandler) : langGraphAgent(compile as never, options);
  let json: string | undefined;
  let turns = 0;
  return {
    /** Takes a turn and returns the graph's final state, as the sender gets it. */
    async turn<Result = Record<string, unknown>>(payload: unknown): Promise<Result> {
      turns += 1;
      const task = { id: `turn-${turns}`, contextId: 'thread', payload, attempt: 1, progress: undefined };
      const done = await agent(task, json === undefined ? undefined : JSON.parse(json), NO_TOOLS);
      json = JSON.stringify(done.context);
      return done.result as Result;
    },
    /** Bytes of the context. */
    bytes: () => json?.length ?? 0,
    context: () => JSON.parse(json ?? 'null'),
  };
}
