import { Agent, type AgentInputItem, run, setDefaultOpenAIClient, tool, user } from '@openai/agents';
import type { AgentHandler } from 'agentpool/agent';
import OpenAI from 'openai';
import * as z from 'zod';

// On "too many requests", the task comes back when the provider says so, and the agent is free until then.
setDefaultOpenAIClient(new OpenAI({ maxRetries: 0 }));

const orderStatus = tool({
  name: 'order_status',
  description: 'Looks up where an order is',
  parameters: z.object({ order: z.string() }),
  execute: async ({ order }) => `order ${order} is on its way`,
});

/** Answers one turn of a conversation. The context has the items of the session so far. */
const support: AgentHandler = async ({ payload }, context, { signal, progress }) => {
  const { question } = payload as { question: string };
  const { history = [] } = (context ?? {}) as { history?: AgentInputItem[] };
  const agent = new Agent({ name: 'support', model: 'gpt-5-mini', tools: [orderStatus] });
  agent.on('agent_tool_start', (_context, called) => progress({ called: called.name }));
  const { finalOutput, history: after } = await run(agent, [...history, user(question)], { signal });
  return { result: { answer: finalOutput }, context: { history: after } };
};

export default support;
