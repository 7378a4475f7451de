import type { AgentHandler } from '../handler.ts';

/** Returns the payload it receives, and counts the turns of the conversation in its context. */
const echo: AgentHandler = async (task, context) => {
  const turns =
    typeof context === 'object' && context !== null && 'turns' in context ? Number(context.turns) : 0;
  return { result: { echo: task.payload }, context: { turns: turns + 1 } };
};

export default echo;
