import type { DecisionView } from '../shared/views/decision-view.ts';
import type { Source } from './source.ts';

/** A decision is recorded up to this long after its time: the tick's calls take that long, and clocks differ. */
const LATE_MS = 120_000;

/** A tick takes half a second at least. */
const AT_MOST = 500;

/** Where the reading of a pool's decisions is: what was read, back to as late as another one may still appear. */
type Cursor = { readonly readMs: number; readonly seen: ReadonlySet<number> };

/**
 * Finds the decisions that are new since the last call, pool by pool. A pool's decision counts as read only when it has
 * been: one that is recorded late, and those of a pool that couldn't be read for a while, are found by the next call.
 */
export function newDecisions({ decisions }: Pick<Source, 'decisions'>) {
  const cursors = new Map<string, Cursor>();
  let beganMs = Date.now();
  return {
    /** New decisions of a pool, newest first. @throws what the source throws; then the next call finds them. */
    async of(pool: string): Promise<readonly DecisionView[]> {
      const { readMs, seen } = cursors.get(pool) ?? { readMs: beganMs, seen: new Set<number>() };
      const found = await decisions(pool, { fromMs: readMs - LATE_MS, toMs: Date.now() }, AT_MOST);
      const latestMs = Math.max(readMs, ...found.map(({ atMs }) => atMs));
      const mayStillBeRead = found.map(({ atMs }) => atMs).filter((atMs) => atMs > latestMs - LATE_MS);
      cursors.set(pool, { readMs: latestMs, seen: new Set(mayStillBeRead) });
      return found.filter(({ atMs }) => !seen.has(atMs));
    },
    /** Forgets what was read, and begins a little before now. */
    startOver(): void {
      cursors.clear();
      beganMs = Date.now();
    },
  };
}
