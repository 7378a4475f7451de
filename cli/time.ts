import { CliError, EXIT } from './result.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Parses a time: `15m` (ago), `14:05` (its latest occurrence, UTC), or an ISO 8601 date.
 * @throws CliError that lists the accepted formats.
 */
export function parseTime(text: string, nowMs: number): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return nowMs - Number(count) * (UNITS[unit] ?? 0);
  if (/^\d{1,2}:\d{2}(:\d{2})?$/.test(text)) {
    const today = new Date(nowMs).toISOString().slice(0, 10);
    const atMs = Date.parse(
      `${today}T${text.padStart(text.length === 4 || text.length === 7 ? text.length + 1 : 0, '0')}Z`,
    );
    return atMs > nowMs ? atMs - (UNITS['d'] as number) : atMs;
  }
  const atMs = Date.parse(text);
  if (!Number.isNaN(atMs)) return atMs;
  throw new CliError(
    `invalid value ${text}: expected 15m, 2h or 3d (ago), 14:05 (UTC), or 2026-01-31T14:05Z`,
    EXIT.usage,
  );
}

/** Formats a duration for people, rounded to one unit. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

export function timestamp(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
