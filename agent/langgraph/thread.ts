import type { MemorySaver } from '@langchain/langgraph-checkpoint';
import * as z from 'zod';
import { ThreadSaver, valueKey } from './thread-saver.ts';

/**
 * The checkpoints of one LangGraph thread as a context. It's plain JSON, so the unchanged parts of two versions are the
 * same bytes.
 */
export type Thread = z.output<typeof threadSchema>;

const threadSchema = z
  .object({
    /** By namespace and id. */
    checkpoints: z.record(
      z.string(),
      z.record(
        z.string(),
        z.object({ checkpoint: z.unknown(), metadata: z.unknown(), parent: z.string().optional() }),
      ),
    ),
    /** By checkpoint, then by task and index. */
    writes: z.record(
      z.string(),
      z.record(
        z.string(),
        z.object({ task: z.string(), channel: z.string(), value: z.unknown(), path: z.string().optional() }),
      ),
    ),
    /** Values of channels, by namespace, channel and version. */
    values: z.record(z.string(), z.unknown()),
  })
  .default({ checkpoints: {}, writes: {}, values: {} });

/** Reads a context as a thread. @throws Error when another handler wrote it. */
export function parseThread(context: unknown): Thread {
  const parsed = threadSchema.safeParse(context);
  if (parsed.success) return parsed.data;
  throw new Error('the context is not a LangGraph thread: another handler wrote it');
}

/** An in-memory saver that holds one thread, for LangGraph's own code to work on. */
export function openThread(threadId: string, { checkpoints, writes, values }: Thread): ThreadSaver {
  const saver = new ThreadSaver();
  for (const [key, value] of Object.entries(values)) saver.values.set(key, bytes(value));
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
    values: Object.fromEntries([...saver.values].map(([key, content]) => [key, json(content)])),
  };
}

/** The thread with only the latest checkpoints of each namespace. Their ids sort by time. */
export function pruned({ checkpoints, writes, values }: Thread, keep: number): Thread {
  const kept = mapValues(checkpoints, (ofNamespace) =>
    Object.fromEntries(
      Object.entries(ofNamespace)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .slice(-keep),
    ),
  );
  const ids = new Set(Object.values(kept).flatMap((ofNamespace) => Object.keys(ofNamespace)));
  const needed = new Set(
    Object.entries(kept).flatMap(([namespace, ofNamespace]) =>
      Object.values(ofNamespace).flatMap(({ checkpoint }) =>
        Object.entries(versionsOf(checkpoint)).map(([channel, version]) =>
          valueKey(namespace, channel, version),
        ),
      ),
    ),
  );
  return {
    checkpoints: kept,
    writes: onlyKeys(writes, (key) => ids.has((JSON.parse(key) as readonly string[])[2] ?? '')),
    values: onlyKeys(values, (key) => needed.has(key)),
  };
}

function versionsOf(checkpoint: unknown): Readonly<Record<string, number | string>> {
  return (checkpoint as { channel_versions?: Record<string, number | string> }).channel_versions ?? {};
}

function onlyKeys<T>(values: Readonly<Record<string, T>>, test: (key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => test(key)));
}

/** LangGraph's serializer writes JSON as bytes. */
function json(content: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(content));
}

function bytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function mapValues<In, Out>(
  values: Readonly<Record<string, In>>,
  map: (value: In) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}
