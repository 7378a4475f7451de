import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';

/** A message of a conversation, for people. */
export type Message = {
  readonly role: string;
  readonly text: string;
  /** Names of the tools it calls. */
  readonly calls?: readonly string[];
};

/** A context as people read it. */
export type Conversation =
  | { readonly kind: 'messages'; readonly messages: readonly Message[] }
  /** A handler may keep anything in its context. */
  | { readonly kind: 'other'; readonly value: unknown };

/** What a turn changed. */
export type Difference =
  | { readonly kind: 'messages'; readonly before: number; readonly added: readonly Message[] }
  /** It rewrote what was there, or it's no list of messages. */
  | { readonly kind: 'rewritten'; readonly before: Conversation; readonly after: Conversation }
  | { readonly kind: 'unchanged' };

const message = z.looseObject({ role: z.string() });
const plainContext = z.looseObject({ messages: z.array(message).min(1) });

/** LangChain's own JSON of a message, as LangGraph's serializer writes it. */
const constructed = z.object({
  lc: z.literal(1),
  type: z.literal('constructor'),
  id: z.array(z.string()),
  kwargs: z.looseObject({ content: z.unknown() }),
});
/** The part of a LangGraph thread that has the state: values of channels, under JSON lists that end with a version. */
const thread = z.object({
  checkpoints: z.record(z.string(), z.unknown()),
  values: z.record(z.string(), z.unknown()),
});

const ROLES: Readonly<Record<string, string>> = {
  HumanMessage: 'user',
  HumanMessageChunk: 'user',
  AIMessage: 'assistant',
  AIMessageChunk: 'assistant',
  SystemMessage: 'system',
  ToolMessage: 'tool',
};

/** Reads the messages out of a context: of a list of `messages`, or of a LangGraph thread. */
export function conversationOf(value: unknown): Conversation {
  const plain = plainContext.safeParse(value).data;
  if (plain) return { kind: 'messages', messages: plain.messages.map(messageOf) };
  const messages = threadMessages(value);
  return messages.length > 0 ? { kind: 'messages', messages } : { kind: 'other', value };
}

/** What was added between two versions of a context; `before` is undefined for a new conversation. */
export function differenceOf(before: unknown, after: unknown): Difference {
  if (isDeepStrictEqual(before, after)) return { kind: 'unchanged' };
  const [old, now] = [conversationOf(before), conversationOf(after)];
  const known = old.kind === 'messages' ? old.messages : before === undefined ? [] : undefined;
  if (known && now.kind === 'messages' && isDeepStrictEqual(now.messages.slice(0, known.length), known))
    return { kind: 'messages', before: known.length, added: now.messages.slice(known.length) };
  return { kind: 'rewritten', before: old, after: now };
}

/** The longest list of messages among the channels: a thread keeps the values of earlier checkpoints too. */
function threadMessages(value: unknown): readonly Message[] {
  const values = Object.values(thread.safeParse(value).data?.values ?? {});
  return values
    .map((each) => (Array.isArray(each) ? each.flatMap(constructedMessage) : []))
    .reduce<readonly Message[]>((longest, each) => (each.length > longest.length ? each : longest), []);
}

function constructedMessage(value: unknown): readonly Message[] {
  const parsed = constructed.safeParse(value).data;
  const type = parsed?.id.at(-1) ?? '';
  if (!parsed || !type.includes('Message')) return [];
  return [messageOf({ role: ROLES[type] ?? type, ...parsed.kwargs })];
}

function messageOf({ role, content, tool_calls: calls }: z.infer<typeof message>): Message {
  const names = Array.isArray(calls) ? calls.map(callName) : [];
  return { role, text: textOf(content), ...(names.length > 0 && { calls: names }) };
}

function callName(call: unknown): string {
  const { name, function: called } = (call ?? {}) as { name?: unknown; function?: { name?: unknown } };
  return String(called?.name ?? name ?? 'a tool');
}

/** Content is text, or a list of parts, among them texts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (content === undefined || content === null) return '';
  if (!Array.isArray(content)) return JSON.stringify(content);
  return content
    .map((part: { readonly text?: unknown }) =>
      typeof part.text === 'string' ? part.text : JSON.stringify(part),
    )
    .join('\n');
}
