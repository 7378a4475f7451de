import type { RunnableConfig } from '@langchain/core/runnables';
import {
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  compareWritesSortKeys,
  type DeltaChannelHistory,
  JsonPlusSerializer,
  MemorySaver,
  type SerializerProtocol,
  writesSortKey,
} from '@langchain/langgraph-checkpoint';
import { tagging } from './content.ts';

/** The writes to a `DeltaChannel` up to a checkpoint, oldest first, since the value that they start from. */
export type StoredHistory = {
  readonly seed?: Uint8Array;
  readonly writes: readonly (readonly [task: string, content: Uint8Array])[];
};

/**
 * LangGraph's in-memory saver for one thread, with two differences. It stores each channel value once, for the version
 * that changed it, as LangGraph's database savers do, because most checkpoints change few channels. And what a
 * `DeltaChannel` needs of a checkpoint's ancestors may be stored with the checkpoint, in place of the ancestors.
 */
export class ThreadSaver extends MemorySaver {
  /** Serialized values, by {@link valueKey}. */
  readonly values = new Map<string, Uint8Array>();
  /** By {@link checkpointKey}, then by channel. */
  readonly histories = new Map<string, ReadonlyMap<string, StoredHistory>>();

  constructor(serde: SerializerProtocol = new JsonPlusSerializer()) {
    super(tagging(serde));
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    changed: ChannelVersions = checkpoint.channel_versions,
  ): Promise<RunnableConfig> {
    const namespace = namespaceOf(config);
    for (const [channel, version] of Object.entries(changed)) {
      const value = checkpoint.channel_values[channel];
      // JSON has no functions: a saver that stores checkpoints whole leaves them out as well.
      if (!Object.hasOwn(checkpoint.channel_values, channel) || typeof value === 'function') continue;
      const [, content] = await this.serde.dumpsTyped(value);
      this.values.set(valueKey(namespace, channel, version), content);
    }
    return super.put(config, { ...checkpoint, channel_values: {} }, metadata);
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const tuple = await super.getTuple(config);
    return tuple && this.#withValues(tuple);
  }

  /** Loads no values, which may be large. */
  getWithoutValues(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    return super.getTuple(config);
  }

  override async *list(
    config: RunnableConfig,
    options?: CheckpointListOptions,
  ): AsyncGenerator<CheckpointTuple> {
    for await (const tuple of super.list(config, options)) yield this.#withValues(tuple);
  }

  override async getDeltaChannelHistory({
    config,
    channels,
  }: {
    config: RunnableConfig;
    channels: string[];
  }): Promise<Record<string, DeltaChannelHistory>> {
    const stored = await this.storedHistories(config, channels);
    const loaded = channels.map(async (channel): Promise<[string, DeltaChannelHistory]> => {
      const { seed, writes } = stored.get(channel) ?? { writes: [] };
      const own = writes.map(
        async ([task, content]): Promise<CheckpointPendingWrite> => [
          task,
          channel,
          await this.#loads(content),
        ],
      );
      return [channel, { writes: await Promise.all(own), ...(seed && { seed: await this.#loads(seed) }) }];
    });
    return Object.fromEntries(await Promise.all(loaded));
  }

  /** Follows a checkpoint's parents, for each channel up to a stored value or a stored history. */
  async storedHistories(
    config: RunnableConfig,
    channels: readonly string[],
  ): Promise<ReadonlyMap<string, StoredHistory>> {
    const namespace = namespaceOf(config);
    const threadId = config.configurable?.['thread_id'] as string;
    const found = new Map<string, StoredHistory>();
    // Latest first, until the channel's walk has ended.
    const left = new Map(channels.map((channel) => [channel, [] as StoredHistory['writes'][number][]]));
    const end = (channel: string, { seed, writes }: StoredHistory) => {
      const later = left.get(channel)?.reverse() ?? [];
      found.set(channel, { ...(seed && { seed }), writes: [...writes, ...later] });
      left.delete(channel);
    };
    let id = (await super.getTuple(config))?.checkpoint.id;
    while (id !== undefined && left.size > 0) {
      for (const [channel, history] of this.histories.get(checkpointKey(namespace, id)) ?? [])
        if (left.has(channel)) end(channel, history);
      const parent: string | undefined = this.storage[threadId]?.[namespace]?.[id]?.[2];
      const stored = parent === undefined ? undefined : this.storage[threadId]?.[namespace]?.[parent];
      if (parent === undefined || !stored) break;
      for (const [channel, task, content] of this.#writesAt(threadId, namespace, parent).toReversed())
        left.get(channel)?.push([task, content]);
      const { channel_versions } = (await this.#loads(stored[0])) as Checkpoint;
      for (const channel of [...left.keys()]) {
        const seed = this.#valueAt(namespace, channel, channel_versions[channel]);
        if (seed) end(channel, { seed, writes: [] });
      }
      id = parent;
    }
    for (const channel of [...left.keys()]) end(channel, { writes: [] });
    return found;
  }

  /** The writes of a checkpoint, in the order in which LangGraph applies them. */
  #writesAt(threadId: string, namespace: string, id: string) {
    return Object.entries(this.writes[JSON.stringify([threadId, namespace, id])] ?? {})
      .map(([key, [task, channel, content, path]]) => {
        const index = Number(key.slice(key.lastIndexOf(',') + 1));
        return { order: writesSortKey(path ?? '', task, index), write: [channel, task, content] as const };
      })
      .sort((a, b) => compareWritesSortKeys(a.order, b.order))
      .map(({ write }) => write);
  }

  override async deleteThread(threadId: string): Promise<void> {
    await super.deleteThread(threadId);
    this.values.clear();
    this.histories.clear();
  }

  async #withValues(tuple: CheckpointTuple): Promise<CheckpointTuple> {
    const { checkpoint, config } = tuple;
    const found = await Promise.all(
      Object.entries(checkpoint.channel_versions).map(async ([channel, version]) => {
        const content = this.#valueAt(namespaceOf(config), channel, version);
        return content ? [[channel, await this.#loads(content)]] : [];
      }),
    );
    const channel_values = { ...checkpoint.channel_values, ...Object.fromEntries(found.flat()) };
    return { ...tuple, checkpoint: { ...checkpoint, channel_values } };
  }

  #valueAt(namespace: string, channel: string, version: number | string | undefined) {
    return version === undefined ? undefined : this.values.get(valueKey(namespace, channel, version));
  }

  #loads(content: Uint8Array): Promise<unknown> {
    return this.serde.loadsTyped('json', content);
  }
}

export function valueKey(namespace: string, channel: string, version: number | string): string {
  return JSON.stringify([namespace, channel, version]);
}

export function checkpointKey(namespace: string, checkpointId: string): string {
  return JSON.stringify([namespace, checkpointId]);
}

function namespaceOf({ configurable }: RunnableConfig): string {
  return (configurable?.['checkpoint_ns'] as string | undefined) ?? '';
}
