import type { CheckpointTuple } from '@langchain/langgraph-checkpoint';
import { checkpointKey, type StoredHistory, type ThreadSaver, valueKey } from './thread-saver.ts';

/**
 * Forgets what no kept checkpoint reaches. Kept are the latest checkpoints of the graph and of the subgraphs that
 * remember their thread (`checkpointer: true`), and the latest one of a subgraph whose invocation goes on: one that the
 * graph's latest checkpoint started and that was interrupted. A kept checkpoint keeps its values and its writes, and what
 * its `DeltaChannel`s need of its ancestors.
 */
export async function forgetUnreachable(threadId: string, saver: ThreadSaver, latest: number): Promise<void> {
  const kept = await keptCheckpoints(threadId, saver, latest);
  const keys = new Set(kept.map(({ namespace, id }) => checkpointKey(namespace, id)));
  const values = new Set<string>();
  const histories = new Map<string, ReadonlyMap<string, StoredHistory>>();
  for (const { namespace, id } of kept) {
    const tuple = await saver.getWithoutValues(configOf(threadId, namespace, id));
    if (!tuple) continue;
    for (const [channel, version] of Object.entries(tuple.checkpoint.channel_versions))
      values.add(valueKey(namespace, channel, version));
    const parent: string | undefined = tuple.parentConfig?.configurable?.['checkpoint_id'];
    if (parent !== undefined && keys.has(checkpointKey(namespace, parent))) continue;
    const history = await historyOf(saver, tuple, namespace);
    if (history.size > 0) histories.set(checkpointKey(namespace, id), history);
  }
  // Everything is known now: nothing above may miss what is removed here.
  removeWrites(threadId, saver, keys);
  removeCheckpoints(threadId, saver, keys);
  for (const key of [...saver.values.keys()]) if (!values.has(key)) saver.values.delete(key);
  saver.histories.clear();
  for (const [key, history] of histories) saver.histories.set(key, history);
}

/** Removes the writes of checkpoints that go. */
function removeWrites(threadId: string, saver: ThreadSaver, kept: ReadonlySet<string>): void {
  const rootIds = idsOf(saver, threadId, '');
  for (const key of Object.keys(saver.writes)) {
    const [, namespace, id] = JSON.parse(key) as [string, string, string];
    const isStored = saver.storage[threadId]?.[namespace]?.[id] !== undefined;
    // LangGraph may store writes before the checkpoint that they belong to.
    const isAhead = !isStored && isLatest(rootIds, id);
    if (!kept.has(checkpointKey(namespace, id)) && !isAhead) delete saver.writes[key];
  }
}

/** Removes all other checkpoints, and the references to them. */
function removeCheckpoints(threadId: string, saver: ThreadSaver, kept: ReadonlySet<string>): void {
  const stored = saver.storage[threadId] ?? {};
  for (const [namespace, ofNamespace] of Object.entries(stored)) {
    for (const [id, [checkpoint, metadata, parent]] of Object.entries(ofNamespace)) {
      if (!kept.has(checkpointKey(namespace, id))) delete ofNamespace[id];
      else if (parent !== undefined && !kept.has(checkpointKey(namespace, parent)))
        ofNamespace[id] = [checkpoint, metadata, undefined];
    }
    if (Object.keys(ofNamespace).length === 0) delete stored[namespace];
  }
}

type Place = { readonly namespace: string; readonly id: string };

async function keptCheckpoints(
  threadId: string,
  saver: ThreadSaver,
  latest: number,
): Promise<readonly Place[]> {
  const kept: Place[] = [];
  for (const namespace of Object.keys(saver.storage[threadId] ?? {})) {
    const ids = idsOf(saver, threadId, namespace);
    if (!isOfInvocation(namespace)) kept.push(...ids.slice(-latest).map((id) => ({ namespace, id })));
    else {
      const id = ids.at(-1) as string;
      const tuple = await saver.getWithoutValues(configOf(threadId, namespace, id));
      const parents = Object.entries(tuple?.metadata?.parents ?? {});
      if (parents.every(([parent, at]) => isLatest(idsOf(saver, threadId, parent), at)))
        kept.push({ namespace, id });
    }
  }
  return kept;
}

/** Oldest first: the IDs sort by time. */
function idsOf(saver: ThreadSaver, threadId: string, namespace: string): readonly string[] {
  return Object.keys(saver.storage[threadId]?.[namespace] ?? {}).sort();
}

/** A subgraph starts each invocation in a namespace of its own, which names the task that invoked it. */
function isOfInvocation(namespace: string): boolean {
  return namespace.includes(':');
}

/** Whether a checkpoint is the latest, or one to come. A namespace without checkpoints has none that's later. */
function isLatest(ids: readonly string[], id: string): boolean {
  return ids.length === 0 || id >= (ids.at(-1) as string);
}

/**
 * What the `DeltaChannel`s of a checkpoint need of its ancestors. LangGraph counts in a checkpoint's metadata what each
 * of them has taken since its last snapshot, so those without a count need nothing.
 */
async function historyOf(
  saver: ThreadSaver,
  { config, checkpoint, metadata }: CheckpointTuple,
  namespace: string,
): Promise<ReadonlyMap<string, StoredHistory>> {
  const counts = (metadata as { counters_since_delta_snapshot?: object } | undefined)
    ?.counters_since_delta_snapshot;
  const isStored = (channel: string) => {
    const version = checkpoint.channel_versions[channel];
    return version !== undefined && saver.values.has(valueKey(namespace, channel, version));
  };
  const channels = Object.keys(counts ?? {}).filter((channel) => !isStored(channel));
  const histories = await saver.storedHistories(config, channels);
  return new Map([...histories].filter(([, { seed, writes }]) => seed !== undefined || writes.length > 0));
}

function configOf(threadId: string, namespace: string, id: string) {
  return { configurable: { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: id } };
}
