import { useMemo } from 'preact/hooks';
import type { AlarmNow, LastHour, PoolNow } from '../../source.ts';
import { readOverview } from '../api.ts';
import { useLive } from '../live.ts';
import { useLoaded } from '../load.ts';
import { standingOf } from '../parts/objective.ts';
import { Empty } from '../parts/states.tsx';
import { goTo } from '../route.ts';
import { PoolRow } from './pool-row.tsx';

const SORTS = {
  trouble: 'what needs attention',
  name: 'name',
  waiting: 'tasks waiting',
  cost: 'dollars an hour',
} as const;
type Sort = keyof typeof SORTS;

const REFRESH_MS = 60_000;
const NOTHING: LastHour = { queued: [], wait: [] };

/** Every pool as one row. */
export function Overview({ query }: { readonly query: URLSearchParams }) {
  const pools = useLive('pools');
  const alarms = useLive('alarms') ?? [];
  const hours = useLoaded('overview', readOverview, REFRESH_MS);
  const text = query.get('filter') ?? '';
  const sort = sortIn(query);
  const shown = useMemo(
    () =>
      sorted(
        (pools ?? []).filter(({ name }) => name.includes(text)),
        sort,
        alarms,
      ),
    [pools, text, sort, alarms],
  );
  const show = (change: { readonly filter?: string; readonly sort?: string }) =>
    goTo({ view: 'overview' }, { filter: text, sort, ...change }, 'replace');
  return (
    <>
      <div class="title">
        <h1>Pools</h1>
        {pools && <span class="quiet">{pools.length}</span>}
        <label class="grow-end">
          Filter{' '}
          <input
            type="search"
            value={text}
            onInput={({ currentTarget }) => show({ filter: currentTarget.value })}
          />
        </label>
        <label>
          Sort by{' '}
          <select value={sort} onChange={({ currentTarget }) => show({ sort: currentTarget.value })}>
            {Object.entries(SORTS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      {!pools && <p class="loading">Loading the pools…</p>}
      {pools && shown.length === 0 && (
        <Empty>No pool's name contains “{text}”. Clear the filter to see all.</Empty>
      )}
      <ul class="pools">
        {shown.map((pool) => (
          <PoolRow
            key={pool.name}
            pool={pool}
            hour={(hours.kind === 'loaded' ? hours.value[pool.name] : undefined) ?? NOTHING}
            alarms={firingOf(pool, alarms)}
          />
        ))}
      </ul>
    </>
  );
}

function sortIn(query: URLSearchParams): Sort {
  const wanted = query.get('sort') ?? '';
  return Object.hasOwn(SORTS, wanted) ? (wanted as Sort) : 'trouble';
}

function sorted(pools: readonly PoolNow[], sort: Sort, alarms: readonly AlarmNow[]): readonly PoolNow[] {
  const keys: Readonly<Record<Sort, (pool: PoolNow) => number>> = {
    trouble: (pool) => -severity(pool, firingOf(pool, alarms).length),
    name: () => 0,
    waiting: (pool) => -(pool.kind === 'read' ? pool.queue.visible : 0),
    cost: (pool) => -(pool.kind === 'read' ? (pool.dollarsPerHour ?? 0) : 0),
  };
  return pools.toSorted((a, b) => keys[sort](a) - keys[sort](b) || a.name.localeCompare(b.name));
}

/** A pool that's broken comes before one that's late, and that before the others. */
function severity(pool: PoolNow, firing: number): number {
  if (pool.kind === 'unreadable') return 4;
  if (pool.problems.length > 0) return 3;
  if (firing > 0 || standingOf(pool).kind === 'missed') return 2;
  return standingOf(pool).kind === 'at risk' || pool.mode.kind !== 'automatic' ? 1 : 0;
}

/** An alarm's description begins with the pool it's about. */
function firingOf({ name }: PoolNow, alarms: readonly AlarmNow[]): readonly AlarmNow[] {
  return alarms.filter(
    ({ state, description }) => state === 'alarm' && description.startsWith(`Pool ${name}:`),
  );
}
