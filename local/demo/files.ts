import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

/** One task of a trace. */
export type Arrival = { readonly atSeconds: number; readonly workSeconds: number };

/** A recorded conversation, cut into its turns: each ends with a message of the assistant. */
export type Conversation = { readonly id: string; readonly turns: readonly (readonly unknown[])[] };

const HEADER = 'arrival_s,work_s';

/** Reads a trace. @throws Error with file and line for what is not a number, negative, or not in order. */
export async function readTrace(file: string): Promise<readonly Arrival[]> {
  const [header, ...lines] = await readLines(file);
  if (header !== HEADER) throw new Error(`${file}: line 1 is "${header ?? ''}", expected "${HEADER}"`);
  const arrivals: Arrival[] = [];
  for (const [index, line] of lines.entries()) {
    const where = `${file}: line ${index + 2} is "${line}"`;
    const [atSeconds, workSeconds, ...rest] = line
      .split(',')
      .map((cell) => (cell.trim() === '' ? Number.NaN : Number(cell)));
    if (atSeconds === undefined || workSeconds === undefined || rest.length > 0) {
      throw new Error(`${where}, expected two numbers`);
    }
    if (!Number.isFinite(atSeconds) || !Number.isFinite(workSeconds))
      throw new Error(`${where}, expected two numbers`);
    if (atSeconds < 0 || workSeconds < 0) throw new Error(`${where}, times can not be negative`);
    if (atSeconds < (arrivals.at(-1)?.atSeconds ?? 0))
      throw new Error(`${where}, which is before the line above it`);
    arrivals.push({ atSeconds, workSeconds });
  }
  if (arrivals.length === 0) throw new Error(`${file} has no tasks`);
  return arrivals;
}

const conversationSchema = z.object({
  id: z.string(),
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
});

/** Reads conversations. @throws Error with file and line for what is not one. */
export async function readConversations(file: string): Promise<readonly Conversation[]> {
  const conversations = (await readLines(file)).map((line, index) => {
    const parsed = conversationSchema.safeParse(parseJson(line, `${file}: line ${index + 1}`));
    if (!parsed.success) {
      const { path, message } = parsed.error.issues[0] as z.core.$ZodIssue;
      throw new Error(`${file}: line ${index + 1}, ${path.join('.') || 'conversation'}: ${message}`);
    }
    return { id: parsed.data.id, turns: cutIntoTurns(parsed.data.messages) };
  });
  const usable = conversations.filter(({ turns }) => turns.length > 0);
  if (usable.length === 0) throw new Error(`${file} has no conversation with a message of an assistant`);
  return usable;
}

function cutIntoTurns(messages: readonly { readonly role: string }[]): readonly (readonly unknown[])[] {
  const ends = messages.flatMap(({ role }, index) => (role === 'assistant' ? [index + 1] : []));
  return ends.map((end, index) => messages.slice(ends[index - 1] ?? 0, end));
}

async function readLines(file: string): Promise<string[]> {
  const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `${file} can not be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`,
    );
  });
  const text = file.endsWith('.gz') ? gunzipSync(content).toString() : content.toString();
  return text.split(/\r?\n/).filter((line) => line !== '');
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${where} is not JSON: ${(error as Error).message}`);
  }
}
