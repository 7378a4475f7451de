import type { Point } from '../../source.ts';

const [WIDTH, HEIGHT] = [120, 24];
const HOUR_SECONDS = 3600;

/** The last hour as an area. */
export function Sparkline({ points, label }: { readonly points: readonly Point[]; readonly label: string }) {
  const now = Date.now() / 1000;
  const recent = points.filter(([seconds]) => seconds > now - HOUR_SECONDS);
  const most = Math.max(1, ...recent.map(([, value]) => value));
  const x = (seconds: number) => (WIDTH * (1 - (now - seconds) / HOUR_SECONDS)).toFixed(1);
  const y = (value: number) => (HEIGHT - 2 - (HEIGHT - 4) * (value / most)).toFixed(1);
  const line = recent.map(([seconds, value]) => `${x(seconds)} ${y(value)}`).join('L');
  const [first, last] = [recent[0], recent.at(-1)];
  const text = `${label}, last hour: up to ${Math.round(most)}`;
  return (
    <svg
      class="sparkline"
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={first ? text : `${label}: no data yet`}
    >
      {first && last && (
        <>
          <path class="area" d={`M${x(first[0])} ${HEIGHT}L${line}L${x(last[0])} ${HEIGHT}z`} />
          <path class="line" d={`M${line}`} />
        </>
      )}
    </svg>
  );
}
