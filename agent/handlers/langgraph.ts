import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { langGraphAgent } from '../langgraph/agent.ts';

/**
 * An example: an ordinary LangGraph agent, with a scripted model in place of a real one. It repeats the latest message
 * and says how many it remembers.
 */
const model = async (messages: readonly BaseMessage[]): Promise<AIMessage> => {
  const said = messages.filter((message) => message.getType() === 'human').map((message) => message.text);
  return new AIMessage(`You said "${said.at(-1)}", as message ${said.length} of this conversation.`);
};

const graph = new StateGraph(MessagesAnnotation)
  .addNode('answer', async ({ messages }) => ({ messages: [await model(messages)] }))
  .addEdge(START, 'answer')
  .addEdge('answer', END);

export default langGraphAgent((checkpointer) => graph.compile({ checkpointer }));
