import { useEffect, useRef, useState } from 'preact/hooks';
import type { Lane, TimeRange } from '../../lanes.ts';
import type { PoolHistory } from '../../pool-history.ts';
import type { Point } from '../../source.ts';
import type { Tick } from '../../ticks.ts';
import { readHistory, readLanes } from '../api.ts';
import { listen } from '../live.ts';
import { type Loaded, useLoaded } from '../load.ts';
import { parametersOf, rangeOf, SPANS, type Window } from './range.ts';

const NOTHING: PoolHistory = { ticks: [], wait: [], age: [], keys: { wait: '', age: '' } };
/** Live ranges up to here go on by the ticks that arrive; longer ones are read again, because they're drawn from metrics. */
const BY_TICKS_MS = 3 * 3_600_000;
const REREAD_MS = 60_000;
/** What agents do is read again after this share of what's shown: a few pixels. */
const LANES_SHARE = 1 / 240;
const LANES_LEAST_MS = 2_000;
/** A later tick than this is missing: the page was asleep, and reads again. */
const GAP_MS = 150_000;

/** What happened in a pool within what's shown; a live one goes on. */
export function usePoolHistory(pool: string, shown: Window): Loaded<PoolHistory> {
  const key = JSON.stringify([pool, parametersOf(shown)]);
  const isLive = shown.kind === 'live';
  const goesByTicks = isLive && SPANS[shown.span].ms <= BY_TICKS_MS;
  const [round, setRound] = useState(0);
  const loaded = useLoaded(
    `${key} ${round}`,
    () => readHistory(pool, rangeOf(shown, Date.now())),
    isLive && !goesByTicks ? REREAD_MS : undefined,
  );
  const [current, setCurrent] = useState<{ key: string; history: PoolHistory }>({
    key: '',
    history: NOTHING,
  });
  const spanMs = isLive ? SPANS[shown.span].ms : 0;
  useEffect(() => {
    if (loaded.kind === 'loaded') setCurrent({ key, history: loaded.value });
  }, [loaded, key]);
  useEffect(() => {
    if (!goesByTicks) return undefined;
    const change = (next: (history: PoolHistory) => PoolHistory) =>
      setCurrent((before) => ({ ...before, history: next(before.history) }));
    const stops = [
      listen('ticks', ({ pool: of, ticks }) => {
        if (of !== pool) return;
        change((history) => {
          const lastMs = history.ticks.at(-1)?.atMs;
          if (lastMs !== undefined && (ticks[0]?.atMs ?? 0) - lastMs > GAP_MS) setRound((each) => each + 1);
          return { ...history, ticks: mergedTicks(history.ticks, ticks, Date.now() - spanMs) };
        });
      }),
      listen('points', (points) =>
        change((history) => ({
          ...history,
          wait: mergedPoints(history.wait, points[history.keys.wait] ?? [], Date.now() - spanMs),
          age: mergedPoints(history.age, points[history.keys.age] ?? [], Date.now() - spanMs),
        })),
      ),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [pool, goesByTicks, spanMs]);
  if (current.key === key) return { kind: 'loaded', value: current.history };
  return loaded.kind === 'failed' ? loaded : { kind: 'loading' };
}

/** What agents did within what's shown, read again while it goes on. */
export function useLanes(pool: string, shown: Window): Loaded<readonly Lane[]> {
  const key = JSON.stringify([pool, parametersOf(shown)]);
  const everyMs =
    shown.kind === 'live' ? Math.max(LANES_LEAST_MS, SPANS[shown.span].ms * LANES_SHARE) : undefined;
  return useLoaded(key, () => readLanes(pool, rangeOf(shown, Date.now())), everyMs);
}

/** The range that's shown; it goes on once a second while it's live, or as seldom as a pixel lasts. */
export function useRange(shown: Window): TimeRange {
  const [nowMs, setNowMs] = useState(Date.now());
  const spanMs = shown.kind === 'live' ? SPANS[shown.span].ms : 0;
  useEffect(() => {
    if (spanMs === 0) return undefined;
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), Math.max(1_000, spanMs / 1_000));
    return () => clearInterval(timer);
  }, [spanMs]);
  const range = useRef<TimeRange | undefined>(undefined);
  const next = rangeOf(shown, nowMs);
  if (range.current?.fromMs !== next.fromMs || range.current.toMs !== next.toMs)
    range.current = { fromMs: next.fromMs, toMs: next.toMs };
  return range.current;
}

/** Each tick once, in order, without those before `fromMs`. */
export function mergedTicks(known: readonly Tick[], more: readonly Tick[], fromMs: number): readonly Tick[] {
  const lastMs = known.at(-1)?.atMs ?? 0;
  const isLater = more.every(({ atMs }) => atMs > lastMs);
  const all = isLater
    ? [...known, ...more]
    : [...new Map([...known, ...more].map((tick) => [tick.atMs, tick])).values()].sort(
        (a, b) => a.atMs - b.atMs,
      );
  const first = all.findIndex(({ atMs }) => atMs >= fromMs);
  return first > 0 ? all.slice(first) : all;
}

/** Each period once, with its latest value, without those before `fromMs`. */
export function mergedPoints(
  known: readonly Point[],
  more: readonly Point[],
  fromMs: number,
): readonly Point[] {
  const from = more[0]?.[0] ?? Infinity;
  if (more.length === 0) return known;
  const later = new Map(known.filter(([seconds]) => seconds >= from));
  for (const [seconds, value] of more) later.set(seconds, value);
  const all = [...known.filter(([seconds]) => seconds < from), ...[...later].sort(([a], [b]) => a - b)];
  return all.filter(([seconds]) => 1000 * seconds >= fromMs);
}
