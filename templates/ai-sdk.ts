import { openai } from '@ai-sdk/openai';
import type { AgentHandler } from 'agentpool/agent';
import { generateText, isStepCount, type ModelMessage, tool } from 'ai';
import * as z from 'zod';

const orderStatus = tool({
  description: 'Looks up where an order is',
  inputSchema: z.object({ order: z.string() }),
  execute: async ({ order }) => ({ order, status: 'on its way' }),
});

/** Answers one turn of a conversation. The context has the messages so far. */
const support: AgentHandler = async ({ payload }, context, { signal, progress }) => {
  const { question } = payload as { question: string };
  const { messages = [] } = (context ?? {}) as { messages?: ModelMessage[] };
  const asked: ModelMessage[] = [...messages, { role: 'user', content: question }];
  const { text, responseMessages } = await generateText({
    model: openai('gpt-5-mini'),
    messages: asked,
    tools: { orderStatus },
    stopWhen: isStepCount(8),
    abortSignal: signal,
    // On "too many requests", the task comes back when the provider says so, and the agent is free until then.
    maxRetries: 0,
    onStepFinish: ({ toolCalls }) => progress({ called: toolCalls.map(({ toolName }) => toolName) }),
  });
  return { result: { answer: text }, context: { messages: [...asked, ...responseMessages] } };
};

export default support;
