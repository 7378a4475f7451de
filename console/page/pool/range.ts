import type { TimeRange } from '../../lanes.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Lengths to choose from, by their names in an address. */
export const SPANS = {
  '5m': { ms: 5 * MINUTE, label: '5 min' },
  '15m': { ms: 15 * MINUTE, label: '15 min' },
  '1h': { ms: HOUR, label: '1 h' },
  '3h': { ms: 3 * HOUR, label: '3 h' },
  '24h': { ms: DAY, label: '24 h' },
  '7d': { ms: 7 * DAY, label: '7 days' },
  '14d': { ms: 14 * DAY, label: '14 days' },
} as const;
export type Span = keyof typeof SPANS;

/** What the lanes show: the time until now, which goes on, or a range that stays. */
export type Window =
  | { readonly kind: 'live'; readonly span: Span }
  | ({ readonly kind: 'fixed' } & TimeRange);

const SHORTEST_MS = 10_000;

export function parseWindow(query: URLSearchParams): Window {
  const [fromMs, toMs] = [Number(query.get('from')), Number(query.get('to'))];
  if (fromMs > 0 && toMs > fromMs) return { kind: 'fixed', fromMs, toMs };
  const span = query.get('range') ?? '';
  return { kind: 'live', span: Object.hasOwn(SPANS, span) ? (span as Span) : '5m' };
}

/** The parameters of an address. */
export function parametersOf(shown: Window): Readonly<Record<string, string | number>> {
  return shown.kind === 'live'
    ? { range: shown.span }
    : { from: Math.floor(shown.fromMs), to: Math.ceil(shown.toMs) };
}

export function rangeOf(shown: Window, nowMs: number): TimeRange {
  return shown.kind === 'live' ? { fromMs: nowMs - SPANS[shown.span].ms, toMs: nowMs } : shown;
}

/** A range of at least ten seconds around the same middle, and not beyond now. */
export function zoomed({ fromMs, toMs }: TimeRange, by: number, nowMs: number): Window {
  const middle = (fromMs + toMs) / 2;
  const half = Math.max(SHORTEST_MS, (toMs - fromMs) * by) / 2;
  return { kind: 'fixed', fromMs: middle - half, toMs: Math.min(nowMs, middle + half) };
}

const STEPS = [1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000);
const LONG_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 5760, 10_080].map(
  (minutes) => minutes * MINUTE,
);

/** Times for the marks of an axis, at most `atMost`, at round times of the viewer's zone. */
export function axisTimes({ fromMs, toMs }: TimeRange, atMost: number): readonly number[] {
  const step = [...STEPS, ...LONG_STEPS].find((each) => (toMs - fromMs) / each <= atMost) ?? 14 * DAY;
  const zone = new Date(fromMs).getTimezoneOffset() * MINUTE;
  const first = Math.ceil((fromMs - zone) / step) * step + zone;
  return Array.from(
    { length: Math.max(0, Math.floor((toMs - first) / step) + 1) },
    (_, index) => first + index * step,
  );
}

/** A mark of the axis: seconds only where they differ, the day where it begins. */
export function axisLabel(atMs: number, { fromMs, toMs }: TimeRange): string {
  const at = new Date(atMs);
  if (at.getHours() === 0 && at.getMinutes() === 0 && toMs - fromMs > 6 * HOUR)
    return at.toLocaleDateString([], { day: 'numeric', month: 'short' });
  const seconds = toMs - fromMs < 6 * MINUTE ? ({ second: '2-digit' } as const) : {};
  return at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', ...seconds });
}
