import type { AgentHandler } from 'agentpool/agent';

/** Takes a task and the context of its conversation (undefined in a new one). Returns the result and the new context. */
const support: AgentHandler = async ({ payload }, context, { signal, progress }) => {
  const { turns = 0 } = (context ?? {}) as { turns?: number };
  progress({ turn: turns + 1 });
  // Aborts when the task has to end: it timed out, was cancelled, or its agent is stopping.
  signal.throwIfAborted();
  return { result: { echo: payload, turns: turns + 1 }, context: { turns: turns + 1 } };
};

export default support;
