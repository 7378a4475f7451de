import { Agent, BeforeToolCallEvent, type MessageData, tool } from '@strands-agents/sdk';
import { OpenAIModel } from '@strands-agents/sdk/models/openai';
import type { AgentHandler } from 'agentpool/agent';
import * as z from 'zod';

const orderStatus = tool({
  name: 'order_status',
  description: 'Looks up where an order is',
  inputSchema: z.object({ order: z.string() }),
  callback: ({ order }) => `order ${order} is on its way`,
});

// On "too many requests", the task comes back when the provider says so, and the agent is free until then.
const model = new OpenAIModel({ api: 'chat', modelId: 'gpt-5-mini', clientConfig: { maxRetries: 0 } });

/** Answers one turn of a conversation. The context has the messages so far. */
const support: AgentHandler = async ({ payload }, context, { signal, progress }) => {
  const { question } = payload as { question: string };
  const { messages = [] } = (context ?? {}) as { messages?: MessageData[] };
  const agent = new Agent({ model, messages, tools: [orderStatus], printer: false, retryStrategy: null });
  agent.addHook(BeforeToolCallEvent, ({ toolUse }) => progress({ called: toolUse.name }));
  const answer = await agent.invoke(question, { cancelSignal: signal });
  signal.throwIfAborted();
  const after = agent.messages.map((message) => message.toJSON());
  return { result: { answer: answer.toString() }, context: { messages: after } };
};

export default support;
