import { AIMessage } from '@langchain/core/messages';
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { langGraphAgent } from 'agentpool/langgraph';

// Call your model here. The task's payload is the graph's input, and the conversation is its thread.
const graph = new StateGraph(MessagesAnnotation)
  .addNode('answer', ({ messages }) => ({ messages: [new AIMessage(`I know ${messages.length} messages.`)] }))
  .addEdge(START, 'answer')
  .addEdge('answer', END);

export default langGraphAgent((checkpointer) => graph.compile({ checkpointer }));
