import type { RunnableConfig } from '@langchain/core/runnables';
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  type PendingWrite,
} from '@langchain/langgraph-checkpoint';
import type { Contexts } from '../../shared/contexts/contexts.ts';
import { closeThread, openThread, parseThread } from './thread.ts';
import type { ThreadSaver } from './thread-saver.ts';

type Store = {
  readonly contexts: Contexts;
  /** Ids of all contexts, for listing all threads. */
  readonly ids: () => AsyncIterable<string>;
};

/** Attempts at a change before giving up, when other writers keep moving the thread in between. */
const ATTEMPTS_AT_MOST = 10;

/**
 * A LangGraph checkpointer whose threads are contexts: compressed and incremental, and a stale writer never overwrites
 * them. It stores every checkpoint at once. A pool's own agents use `langGraphAgent` instead, where all of a task's
 * checkpoints take effect together with the task.
 */
export class AgentpoolSaver extends BaseCheckpointSaver {
  readonly #store: Store;
  #writes = 0;

  constructor(store: Store) {
    super();
    this.#store = store;
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const threadId = threadOf(config);
    return threadId === undefined ? undefined : (await this.#read(threadId)).getTuple(config);
  }

  override async *list(
    config: RunnableConfig,
    options?: CheckpointListOptions,
  ): AsyncGenerator<CheckpointTuple> {
    const threadId = threadOf(config);
    if (threadId !== undefined) {
      yield* (await this.#read(threadId)).list(config, options);
      return;
    }
    let left = options?.limit ?? Infinity;
    for await (const id of this.#store.ids()) {
      const ofThread = { ...config, configurable: { ...config.configurable, thread_id: id } };
      for await (const tuple of (await this.#read(id)).list(ofThread, options)) {
        if (left <= 0) return;
        left -= 1;
        yield tuple;
      }
    }
  }

  override put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    return this.#change(required(config), (saver) => saver.put(config, checkpoint, metadata, newVersions));
  }

  override putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath?: string,
  ): Promise<void> {
    return this.#change(required(config), (saver) => saver.putWrites(config, writes, taskId, taskPath));
  }

  override async deleteThread(threadId: string): Promise<void> {
    await this.#change(threadId, async (saver) => {
      await saver.deleteThread(threadId);
      saver.values.clear();
    });
  }

  async #read(threadId: string): Promise<ThreadSaver> {
    const { value } = await this.#store.contexts.restore(threadId);
    return openThread(threadId, parseThread(value));
  }

  async #change<T>(threadId: string, change: (saver: ThreadSaver) => Promise<T>): Promise<T> {
    for (let attempt = 0; attempt < ATTEMPTS_AT_MOST; attempt++) {
      const restored = await this.#store.contexts.restore(threadId);
      const saver = openThread(threadId, parseThread(restored.value));
      const result = await change(saver);
      this.#writes += 1;
      const saved = await this.#store.contexts.save(threadId, {
        after: restored,
        value: closeThread(threadId, saver),
        by: { taskId: `checkpoint-${this.#writes}`, result: { kind: 'inline', json: 'null' } },
      });
      if (saved.kind === 'saved') return result;
    }
    throw new Error(`thread ${threadId} was written by others ${ATTEMPTS_AT_MOST} times in a row`);
  }
}

function threadOf(config: RunnableConfig): string | undefined {
  return config.configurable?.['thread_id'] as string | undefined;
}

function required(config: RunnableConfig): string {
  const threadId = threadOf(config);
  if (threadId !== undefined) return threadId;
  throw new Error('a checkpoint needs a thread: configurable.thread_id is missing');
}
