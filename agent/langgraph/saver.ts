import type { RunnableConfig } from '@langchain/core/runnables';
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  type DeltaChannelHistory,
  type PendingWrite,
  type SerializerProtocol,
} from '@langchain/langgraph-checkpoint';
import { systemClock } from '../../shared/aws/clock.ts';
import type { Contexts } from '../../shared/contexts/contexts.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { forgetUnreachable } from './retention.ts';
import { closeThread, openThread, parseThread } from './thread.ts';
import type { ThreadSaver } from './thread-saver.ts';
import { type Change, makeAll, type Outcome, writersOf } from './writers.ts';

type Store = {
  readonly contexts: Contexts;
  /** Ids of all contexts, for listing all threads. */
  readonly ids: () => AsyncIterable<string>;
  /** @default the machine's */
  readonly clock?: Clock;
};

export type SaverOptions = {
  /**
   * Checkpoints to keep per thread, for time travel; older ones are forgotten, with all that only they need. @default
   * Infinity
   */
  readonly checkpoints?: number;
  /** Writes and reads the values of channels. @default LangGraph's own */
  readonly serde?: SerializerProtocol;
};

/** Attempts at storing changes before giving up, when writers in other processes keep moving the thread. */
const ATTEMPTS_AT_MOST = 12;
/** The pause before another attempt doubles from the first to the second of these, less a random part. */
const PAUSE_MS = [10, 2_000] as const;

/**
 * A LangGraph checkpointer whose threads are contexts: compressed and incremental, and a stale writer never overwrites
 * them. It stores every checkpoint at once. A pool's own agents use `langGraphAgent` instead, where all of a task's
 * checkpoints take effect together with the task.
 */
export class AgentpoolSaver extends BaseCheckpointSaver {
  readonly #store: Store;
  readonly #options: SaverOptions;
  readonly #change = writersOf<ThreadSaver>((threadId, changes) => this.#apply(threadId, changes));
  #writes = 0;

  constructor(store: Store, options: SaverOptions = {}) {
    super(options.serde);
    this.#store = store;
    this.#options = options;
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
    });
  }

  /** Reads the thread once; the ancestors are all in it. */
  override async getDeltaChannelHistory(options: {
    config: RunnableConfig;
    channels: string[];
  }): Promise<Record<string, DeltaChannelHistory>> {
    return (await this.#read(required(options.config))).getDeltaChannelHistory(options);
  }

  async #read(threadId: string): Promise<ThreadSaver> {
    const { value } = await this.#store.contexts.restore(threadId);
    return openThread(threadId, parseThread(value), this.#options.serde);
  }

  async #apply(threadId: string, changes: readonly Change<ThreadSaver>[]): Promise<readonly Outcome[]> {
    const { contexts, clock = systemClock } = this.#store;
    for (let attempt = 1; attempt <= ATTEMPTS_AT_MOST; attempt++) {
      const restored = await contexts.restore(threadId);
      const thread = parseThread(restored.value);
      const { state, outcomes } = await makeAll(changes, () =>
        openThread(threadId, thread, this.#options.serde),
      );
      if (outcomes.every(({ kind }) => kind === 'refused')) return outcomes;
      const { checkpoints = Infinity } = this.#options;
      if (checkpoints !== Infinity) await forgetUnreachable(threadId, state, checkpoints);
      this.#writes += 1;
      const saved = await contexts.save(threadId, {
        after: restored,
        value: closeThread(threadId, state),
        by: { taskId: `checkpoint-${this.#writes}`, result: { kind: 'inline', json: 'null' } },
      });
      if (saved.kind === 'saved') return outcomes;
      // Another process was faster. A random pause keeps the two from meeting again.
      const pauseMs = Math.min(PAUSE_MS[0] * 2 ** attempt, PAUSE_MS[1]);
      await clock.sleep(pauseMs * (0.5 + Math.random() / 2));
    }
    throw new Error(
      `thread ${threadId} cannot be written: others wrote it ${ATTEMPTS_AT_MOST} times in a row`,
    );
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
