import type { MemorySaver, SerializerProtocol } from '@langchain/langgraph-checkpoint';
import * as z from 'zod';
import { type Content, toContent } from './content.ts';
import { type StoredHistory, ThreadSaver } from './thread-saver.ts';

/**
 * The checkpoints of one LangGraph thread as a context. It's plain JSON, so the unchanged parts of two versions are the
 * same bytes.
 */
export type Thread = z.output<typeof threadSchema>;

const content = z.unknown() as z.ZodType<Content>;
const byKey = <Value extends z.ZodType>(value: Value) => z.record(z.string(), value);

const threadSchema = z.object({
  /** Absent in threads of the first version, which had no tags. */
  v: z.literal(2).optional(),
  /** By namespace and id. */
  checkpoints: byKey(
    byKey(z.object({ checkpoint: content, metadata: content, parent: z.string().optional() })),
  ),
  /** By checkpoint, then by task and index. */
  writes: byKey(
    byKey(z.object({ task: z.string(), channel: z.string(), value: content, path: z.string().optional() })),
  ),
  /** Values of channels, by namespace, channel and version. */
  values: byKey(content),
  /** What `DeltaChannel`s need of ancestors that are gone, by namespace and id, then by channel. */
  histories: byKey(
    byKey(z.object({ seed: content.optional(), writes: z.array(z.tuple([z.string(), content])) })),
  ).default({}),
});

const NEW_THREAD: Thread = { v: 2, checkpoints: {}, writes: {}, values: {}, histories: {} };

/** Reads a context as a thread. @throws Error when another handler wrote it. */
export function parseThread(context: unknown): Thread {
  if (context === undefined) return NEW_THREAD;
  const parsed = threadSchema.safeParse(context);
  if (parsed.success) return parsed.data;
  throw new Error('the context is not a LangGraph thread: another handler wrote it');
}

/** An in-memory saver that holds one thread, for LangGraph's own code to work on. */
export function openThread(
  threadId: string,
  { v, checkpoints, writes, values, histories }: Thread,
  serde?: SerializerProtocol,
): ThreadSaver {
  // In the first version, everything was JSON.
  const bytes = (stored: Content) => {
    const text = JSON.stringify(stored);
    return Buffer.from(v === 2 ? text : toContent('json', Buffer.from(text)));
  };
  const saver = new ThreadSaver(serde);
  for (const [key, value] of Object.entries(values)) saver.values.set(key, bytes(value));
  for (const [key, ofCheckpoint] of Object.entries(histories)) {
    const byChannel = Object.entries(ofCheckpoint).map(([channel, history]): [string, StoredHistory] => [
      channel,
      {
        ...('seed' in history && { seed: bytes(history.seed) }),
        writes: history.writes.map(([task, value]) => [task, bytes(value)]),
      },
    ]);
    saver.histories.set(key, new Map(byChannel));
  }
  saver.storage[threadId] = mapValues(checkpoints, (ofNamespace) =>
    mapValues(ofNamespace, ({ checkpoint, metadata, parent }) => [
      bytes(checkpoint),
      bytes(metadata),
      parent,
    ]),
  );
  saver.writes = mapValues(writes, (ofCheckpoint) =>
    mapValues(ofCheckpoint, ({ task, channel, value, path }) => [task, channel, bytes(value), path]),
  ) as MemorySaver['writes'];
  return saver;
}

/** The thread as the saver holds it now. */
export function closeThread(threadId: string, saver: ThreadSaver): Thread {
  return {
    v: 2,
    checkpoints: mapValues(saver.storage[threadId] ?? {}, (ofNamespace) =>
      mapValues(ofNamespace, ([checkpoint, metadata, parent]) => ({
        checkpoint: json(checkpoint),
        metadata: json(metadata),
        ...(parent !== undefined && { parent }),
      })),
    ),
    writes: mapValues(saver.writes, (ofCheckpoint) =>
      mapValues(ofCheckpoint, ([task, channel, value, path]) => ({
        task,
        channel,
        value: json(value),
        ...(path !== undefined && { path }),
      })),
    ),
    values: Object.fromEntries([...saver.values].map(([key, value]) => [key, json(value)])),
    histories: Object.fromEntries(
      [...saver.histories].map(([key, byChannel]) => [
        key,
        mapValues(Object.fromEntries(byChannel), ({ seed, writes }) => ({
          ...(seed && { seed: json(seed) }),
          writes: writes.map(([task, value]): [string, Content] => [task, json(value)]),
        })),
      ]),
    ),
  };
}

/** The saver holds contents as bytes of JSON. */
function json(bytes: Uint8Array): Content {
  return JSON.parse(Buffer.from(bytes).toString());
}

function mapValues<In, Out>(
  values: Readonly<Record<string, In>>,
  map: (value: In) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}
