import { readFile } from 'node:fs/promises';
import { isPackage, ownFile } from '../shared/project/own-files.ts';

/** An agent to begin with. */
export type Template = {
  /** What it needs, for `npm install`. */
  readonly packages: readonly string[];
  /** The variable with the key of its model's provider. */
  readonly key?: string;
  /** The payload of a first task. */
  readonly payload: object;
};

const QUESTION = { question: 'Where is my order?' };
const KEY = 'OPENAI_API_KEY';

export const TEMPLATES = {
  plain: { packages: [], payload: QUESTION },
  langgraph: {
    packages: ['@langchain/core', '@langchain/langgraph', '@langchain/langgraph-checkpoint'],
    payload: { messages: [{ role: 'human', content: QUESTION.question }] },
  },
  'ai-sdk': { packages: ['ai', '@ai-sdk/openai', 'zod'], key: KEY, payload: QUESTION },
  'openai-agents': { packages: ['@openai/agents', 'openai', 'zod'], key: KEY, payload: QUESTION },
  strands: {
    packages: ['@strands-agents/sdk', '@modelcontextprotocol/sdk', '@opentelemetry/api', 'openai@6', 'zod'],
    key: KEY,
    payload: QUESTION,
  },
} as const satisfies Readonly<Record<string, Template>>;

export type TemplateName = keyof typeof TEMPLATES;

/** The code of an agent. In a clone, it imports the project's own modules. */
export async function agentCode(name: TemplateName): Promise<string> {
  const code = await readFile(ownFile(`templates/${name}.ts`), 'utf8');
  if (isPackage) return code;
  return code
    .replace("'agentpool/agent'", "'../handler.ts'")
    .replace("'agentpool/langgraph'", "'../langgraph/agent.ts'");
}
