import { setTimeout } from 'node:timers/promises';
import { isLive } from '../shared/core/pool/status.ts';
import type { PoolStore } from '../shared/ports/pool-store.ts';
import { problemsOf } from '../shared/views/pool-view.ts';

const EVERY_MS = 2_000;
/** What agents had that ended before that is over. */
const RECENT_MS = 10_000;

type Watched = { readonly name: string; readonly store: Pick<PoolStore, 'instances'> };

/**
 * Says each problem of a pool's agents once, until `done` aborts. A reading that fails is left out: the caller has its
 * own errors.
 */
export async function watchProblems(
  { name, store }: Watched,
  say: (line: string) => void,
  done: AbortSignal,
): Promise<void> {
  const said = new Set<string>();
  const sinceMs = Date.now() - RECENT_MS;
  while (!done.aborted) {
    const { instances } = await store.instances().catch(() => ({ instances: [] }));
    const live = instances.filter(({ status }) => isLive(status));
    const areAllBroken = live.length > 0 && live.every(({ problem }) => problem !== undefined);
    for (const { text, latestAtMs } of problemsOf(instances, Date.now())) {
      if (said.has(text) || latestAtMs < sinceMs) continue;
      said.add(text);
      say(`${name}: ${areAllBroken ? 'no agent can take tasks' : 'an agent took no tasks'}: ${text}`);
    }
    await setTimeout(EVERY_MS, undefined, { signal: done }).catch(() => {});
  }
}
