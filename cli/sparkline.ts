const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** A row of small bars, from zero to the greatest value. An unknown value is a gap. */
export function sparkline(values: readonly (number | undefined)[], width: number): string {
  const shown = values.slice(-Math.max(1, width));
  const greatest = Math.max(1, ...shown.map((value) => value ?? 0));
  return shown
    .map((value) => (value === undefined ? ' ' : BARS[Math.round((value / greatest) * (BARS.length - 1))]))
    .join('');
}
