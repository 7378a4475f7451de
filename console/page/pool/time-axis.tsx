import type { TimeRange } from '../../lanes.ts';
import { GUTTER } from './plot.ts';
import { axisLabel, axisTimes } from './range.ts';

const MARK_PIXELS = 90;

/** The one axis of time, above all lanes. */
export function TimeAxis({ range, width }: { readonly range: TimeRange; readonly width: number }) {
  const times = axisTimes(range, Math.max(2, width / MARK_PIXELS));
  return (
    <div class="time-axis" aria-hidden="true">
      {times.map((atMs) => (
        <span key={atMs} style={{ left: `${placeOf(atMs, range, width)}px` }}>
          {axisLabel(atMs, range)}
        </span>
      ))}
    </div>
  );
}

/** Pixels from the left edge of the lanes. */
export function placeOf(atMs: number, { fromMs, toMs }: TimeRange, width: number): number {
  return GUTTER.left + ((atMs - fromMs) / (toMs - fromMs)) * plotWidth(width);
}

export function timeAt(pixels: number, { fromMs, toMs }: TimeRange, width: number): number {
  const share = Math.min(1, Math.max(0, (pixels - GUTTER.left) / plotWidth(width)));
  return fromMs + share * (toMs - fromMs);
}

function plotWidth(width: number): number {
  return Math.max(1, width - GUTTER.left - GUTTER.right);
}
