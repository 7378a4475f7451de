import { checkpointKey, type StoredHistory, type ThreadSaver, valueKey } from './thread-saver.ts';

/**
 * Forgets what no kept checkpoint reaches. Kept are the latest checkpoints of the graph and of the subgraphs that
 * remember their thread (`checkpointer: true`), and the latest one of a subgraph whose invocation goes on: one that the
 * graph's latest checkpoint started and that was interrupted. A kept checkpoint keeps its values and its writes, and what
 * its `DeltaChannel`s need of its ancestors.
 */
export async function forgetUnreachable(threadId: string, saver: ThreadSaver, latest: number): Promise<void> {
  const stored = saver.storage[threadId] ?? {};
  const rootIds = Object.keys(stored[''] ?? {}).sort();
  const kept = await keptCheckpoints(threadId, saver, latest);
  const histories = new Map<string, ReadonlyMap<string, StoredHistory>>();
  const values = new Set<string>();
  for (const { namespace, id } of kept) {
    const tuple = await saver.getTuple(configOf(threadId, namespace, id));
    if (!tuple) continue;
    for (const [channel, version] of Object.entries(tuple.checkpoint.channel_versions))
      values.add(valueKey(namespace, channel, version));
    const parent = stored[namespace]?.[id]?.[2];
    if (kept.some((each) => each.namespace === namespace && each.id === parent)) continue;
    const history = await historyOf(threadId, saver, { namespace, id });
    if (history.size > 0) histories.set(checkpointKey(namespace, id), history);
  }

  const keys = new Set(kept.map(({ namespace, id }) => checkpointKey(namespace, id)));
  for (const [namespace, ofNamespace] of Object.entries(stored)) {
    for (const [id, [checkpoint, metadata, parent]] of Object.entries(ofNamespace)) {
      if (!keys.has(checkpointKey(namespace, id))) delete ofNamespace[id];
      else if (parent !== undefined && !keys.has(checkpointKey(namespace, parent)))
        ofNamespace[id] = [checkpoint, metadata, undefined];
    }
    if (Object.keys(ofNamespace).length === 0) delete stored[namespace];
  }
  for (const key of Object.keys(saver.writes)) {
    const [, namespace, id] = JSON.parse(key) as [string, string, string];
    // LangGraph may store writes, and a subgraph's checkpoints, before the checkpoint that they belong to.
    const isAhead = stored[namespace]?.[id] === undefined && isLatest(rootIds, id);
    if (!keys.has(checkpointKey(namespace, id)) && !isAhead) delete saver.writes[key];
  }
  for (const key of [...saver.values.keys()]) if (!values.has(key)) saver.values.delete(key);
  saver.histories.clear();
  for (const [key, history] of histories) saver.histories.set(key, history);
}

type Place = { readonly namespace: string; readonly id: string };

async function keptCheckpoints(
  threadId: string,
  saver: ThreadSaver,
  latest: number,
): Promise<readonly Place[]> {
  // Their ids sort by time.
  const idsOf = (namespace: string) => Object.keys(saver.storage[threadId]?.[namespace] ?? {}).sort();
  const kept: Place[] = [];
  for (const namespace of Object.keys(saver.storage[threadId] ?? {})) {
    const ids = idsOf(namespace);
    if (!isOfInvocation(namespace)) kept.push(...ids.slice(-latest).map((id) => ({ namespace, id })));
    else {
      const id = ids.at(-1) as string;
      const { metadata } = (await saver.getTuple(configOf(threadId, namespace, id))) ?? {};
      const parents = Object.entries(metadata?.parents ?? {});
      if (parents.every(([parent, at]) => isLatest(idsOf(parent), at))) kept.push({ namespace, id });
    }
  }
  return kept;
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
  threadId: string,
  saver: ThreadSaver,
  { namespace, id }: Place,
): Promise<ReadonlyMap<string, StoredHistory>> {
  const config = configOf(threadId, namespace, id);
  const tuple = await saver.getTuple(config);
  const counts = (tuple?.metadata as { counters_since_delta_snapshot?: object } | undefined)
    ?.counters_since_delta_snapshot;
  const channels = Object.keys(counts ?? {}).filter(
    (channel) => !Object.hasOwn(tuple?.checkpoint.channel_values ?? {}, channel),
  );
  const histories = await saver.storedHistories(config, channels);
  return new Map([...histories].filter(([, { seed, writes }]) => seed !== undefined || writes.length > 0));
}

function configOf(threadId: string, namespace: string, id: string) {
  return { configurable: { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: id } };
}
