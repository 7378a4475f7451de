const SECOND = 1000;
const DAY = 86_400 * SECOND;

/** A time of day in the viewer's zone. */
export function timeOfDay(atMs: number): string {
  return new Date(atMs).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

/** A time in the viewer's zone, with the day. */
export function dayAndTime(atMs: number): string {
  const day = new Date(atMs).toLocaleDateString([], { weekday: 'short', day: 'numeric', month: 'short' });
  return `${day}, ${timeOfDay(atMs)}`;
}

/** The name of the viewer's zone, such as Europe/Berlin. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A duration with one or two units. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / SECOND;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  if (ms < 2 * DAY) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.round(ms / DAY)} days`;
}

export function ago(atMs: number, nowMs: number): string {
  const ms = nowMs - atMs;
  return ms < SECOND ? 'now' : `${duration(ms)} ago`;
}

/** A number with three digits or so; a dash for one that's unknown. */
export function number(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}

export function dollars(value: number | undefined): string {
  if (value === undefined) return '–';
  return `$${value < 10 ? value.toFixed(value < 0.1 ? 4 : 2) : Math.round(value).toLocaleString('en-US')}`;
}

export function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${(100 * share).toFixed(1)} %`;
}

/** "1 task", "2 tasks". */
export function count(value: number, one: string): string {
  return `${value.toLocaleString('en-US')} ${one}${value === 1 ? '' : 's'}`;
}
