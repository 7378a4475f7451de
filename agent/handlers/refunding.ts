import { Annotation, END, interrupt, START, StateGraph } from '@langchain/langgraph';
import { langGraphAgent } from '../langgraph/agent.ts';

const State = Annotation.Root({ order: Annotation<string>, outcome: Annotation<string> });

/** An example: a graph that asks a person before it refunds an order. */
const graph = new StateGraph(State)
  .addNode('refund', ({ order }) => {
    const answer: string = interrupt(`Refund order ${order}?`);
    return { outcome: answer === 'yes' ? 'refunded' : 'refused' };
  })
  .addEdge(START, 'refund')
  .addEdge('refund', END);

export default langGraphAgent((checkpointer) => graph.compile({ checkpointer }));
