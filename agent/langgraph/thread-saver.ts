import type { RunnableConfig } from '@langchain/core/runnables';
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  MemorySaver,
} from '@langchain/langgraph-checkpoint';

type DeltaHistory = BaseCheckpointSaver['getDeltaChannelHistory'];

/**
 * LangGraph's in-memory saver, except that it stores each channel value once, for the version that changed it, as
 * LangGraph's database savers do. Most checkpoints change few channels.
 */
export class ThreadSaver extends MemorySaver {
  /** Serialized values, by {@link valueKey}. */
  readonly values = new Map<string, Uint8Array>();

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    changed: ChannelVersions = checkpoint.channel_versions,
  ): Promise<RunnableConfig> {
    const namespace = namespaceOf(config);
    for (const [channel, version] of Object.entries(changed)) {
      if (!Object.hasOwn(checkpoint.channel_values, channel)) continue;
      const [, content] = await this.serde.dumpsTyped(checkpoint.channel_values[channel]);
      this.values.set(valueKey(namespace, channel, version), content);
    }
    return super.put(config, { ...checkpoint, channel_values: {} }, metadata);
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const tuple = await super.getTuple(config);
    return tuple && this.#withValues(tuple);
  }

  override async *list(
    config: RunnableConfig,
    options?: CheckpointListOptions,
  ): AsyncGenerator<CheckpointTuple> {
    for await (const tuple of super.list(config, options)) yield this.#withValues(tuple);
  }

  /** The in-memory saver's own method expects the values inside the checkpoints, where this class doesn't keep them. */
  override getDeltaChannelHistory(...given: Parameters<DeltaHistory>): ReturnType<DeltaHistory> {
    return BaseCheckpointSaver.prototype.getDeltaChannelHistory.apply(this, given);
  }

  async #withValues(tuple: CheckpointTuple): Promise<CheckpointTuple> {
    const namespace = namespaceOf(tuple.config);
    const { checkpoint } = tuple;
    const found = await Promise.all(
      Object.entries(checkpoint.channel_versions).map(async ([channel, version]) => {
        const content = this.values.get(valueKey(namespace, channel, version));
        return content ? [[channel, (await this.serde.loadsTyped('json', content)) as unknown]] : [];
      }),
    );
    const channel_values = { ...checkpoint.channel_values, ...Object.fromEntries(found.flat()) };
    return { ...tuple, checkpoint: { ...checkpoint, channel_values } };
  }
}

export function valueKey(namespace: string, channel: string, version: number | string): string {
  return JSON.stringify([namespace, channel, version]);
}

function namespaceOf({ configurable }: RunnableConfig): string {
  return (configurable?.['checkpoint_ns'] as string | undefined) ?? '';
}
