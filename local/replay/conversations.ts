import * as z from 'zod';
import { readLines } from '../../shared/tasks/read-lines.ts';

/** A recorded conversation, split into turns. Each turn ends with an assistant's message. */
export type Conversation = { readonly id: string; readonly turns: readonly (readonly unknown[])[] };

const conversationSchema = z.object({
  id: z.string(),
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
});

/** Reads conversations from JSON lines. @throws Error with file and line if one is invalid. */
export async function readConversations(file: string): Promise<readonly Conversation[]> {
  const conversations = (await readLines(file)).map((line, index) => {
    const parsed = conversationSchema.safeParse(parseJson(line, `${file}: line ${index + 1}`));
    if (!parsed.success) {
      const { path, message } = parsed.error.issues[0] as z.core.$ZodIssue;
      throw new Error(`${file}: line ${index + 1}, ${path.join('.') || 'conversation'}: ${message}`);
    }
    return { id: parsed.data.id, turns: splitIntoTurns(parsed.data.messages) };
  });
  const usable = conversations.filter(({ turns }) => turns.length > 0);
  if (usable.length === 0) throw new Error(`${file} has no conversation with an assistant's message`);
  return usable;
}

function splitIntoTurns(messages: readonly { readonly role: string }[]): readonly (readonly unknown[])[] {
  const ends = messages.flatMap(({ role }, index) => (role === 'assistant' ? [index + 1] : []));
  return ends.map((end, index) => messages.slice(ends[index - 1] ?? 0, end));
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${where}: invalid JSON: ${(error as Error).message}`);
  }
}
