import { isUtf8 } from 'node:buffer';
import type { SerializerProtocol } from '@langchain/langgraph-checkpoint';

/**
 * What a serializer wrote, as JSON. A serializer names the type of what it writes and needs it back to read it. Its JSON
 * is stored as it is, so that versions of a context stay comparable; any other type, and JSON that could be taken for a
 * tagged content, carries its tag.
 */
export type Content = unknown;

/** Tagged contents begin like this, and no others do. */
const TAGGED = '{"$type":';

/** JSON text of the content. */
export function toContent(type: string, bytes: Uint8Array): string {
  if (type !== 'json' || !isUtf8(bytes))
    return JSON.stringify({ $type: type, base64: Buffer.from(bytes).toString('base64') });
  const text = Buffer.from(bytes).toString();
  return isKeptByParsing(text) ? text : JSON.stringify({ $type: type, text });
}

/** The type and the bytes that {@link toContent} was given. */
function fromContent(content: string): readonly [type: string, bytes: Uint8Array] {
  if (!content.startsWith(TAGGED)) return ['json', Buffer.from(content)];
  const { $type, text, base64 } = JSON.parse(content) as { $type: string; text?: string; base64?: string };
  const bytes = text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text);
  // A copy, because a serializer may hand out the bytes as they are, and a Buffer is not what it was given.
  return [$type, new Uint8Array(bytes)];
}

/** Whether the text is the same after JSON has been read and written, as it will be with the context around it. */
function isKeptByParsing(text: string): boolean {
  if (text.startsWith(TAGGED)) return false;
  try {
    return JSON.stringify(JSON.parse(text)) === text;
  } catch {
    return false;
  }
}

/**
 * A serializer for LangGraph's in-memory saver, which takes everything for JSON: it writes contents, and remembers in
 * them what the real serializer said they are.
 */
export function tagging(serde: SerializerProtocol): SerializerProtocol {
  return {
    async dumpsTyped(value) {
      const [type, bytes] = await serde.dumpsTyped(value);
      return ['json', Buffer.from(toContent(type, bytes))];
    },
    async loadsTyped(_json, content) {
      const [type, bytes] = fromContent(Buffer.from(content).toString());
      return serde.loadsTyped(type, bytes);
    },
  };
}
