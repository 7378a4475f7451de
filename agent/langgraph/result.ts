import { toBinary } from '../../shared/contexts/binary.ts';

/** What a graph's caller gets of its final state. */
export type ResultForm =
  /** All of it, with messages as {@link PlainMessage}. */
  | 'state'
  /** What the model said last as `{ answer }`, and `__interrupt__` if the graph asks something. */
  | 'answer';

/** A message of LangChain, as it's sent to models and read by programs in any language. */
type PlainMessage = {
  readonly role: string;
  readonly content: unknown;
  readonly id?: string;
  readonly name?: string;
  readonly tool_calls?: readonly unknown[];
  readonly tool_call_id?: string;
};

/** The fields of LangChain's messages that any copy of the package has. */
type Message = Omit<PlainMessage, 'role'> & { readonly getType: () => string };

const ROLES: Readonly<Record<string, string>> = { human: 'user', ai: 'assistant' };

/** A final state as JSON that its reader needs no LangChain for. */
export function resultOf(state: unknown, form: ResultForm): unknown {
  const plain = plainOf(state);
  if (form === 'state') return plain;
  const { messages, __interrupt__ } = plain as {
    messages?: readonly PlainMessage[];
    __interrupt__?: unknown;
  };
  const last = messages?.at(-1);
  const answer = last?.role === 'assistant' ? textOf(last.content) : '';
  return { answer, ...(__interrupt__ !== undefined && { __interrupt__ }) };
}

/** Messages become plain, and bytes, which aren't JSON, are marked. */
function plainOf(state: unknown): unknown {
  const json = JSON.stringify(state, function (this: Record<string, unknown>, key, value: unknown) {
    const original = this[key];
    if (original instanceof Uint8Array) return toBinary(original);
    return isMessage(original) ? plainMessage(original) : value;
  });
  return JSON.parse(json);
}

function isMessage(value: unknown): value is Message {
  return (
    typeof value === 'object' &&
    value !== null &&
    'content' in value &&
    typeof (value as Partial<Message>).getType === 'function'
  );
}

function plainMessage(message: Message): PlainMessage {
  const { content, id, name, tool_calls, tool_call_id } = message;
  const type = message.getType();
  return {
    role: ROLES[type] ?? type,
    content,
    ...(id !== undefined && { id }),
    ...(name !== undefined && { name }),
    ...(tool_calls !== undefined && tool_calls.length > 0 && { tool_calls }),
    ...(tool_call_id !== undefined && { tool_call_id }),
  };
}

/** Content is text, or a list of parts, among them texts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: { readonly text?: unknown }) => (typeof part.text === 'string' ? part.text : ''))
    .join('');
}
