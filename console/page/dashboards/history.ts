import type { Point, Points } from '../../source.ts';

/** The points of one line, ordered by time. */
type Series = { readonly seconds: number[]; readonly values: number[] };

/** All points received so far. The server sends a point again while its period lasts, and the latest value counts. */
export function createHistory() {
  const series = new Map<string, Series>();

  function add(key: string, points: readonly Point[]): boolean {
    if (points.length === 0) return false;
    const of = series.get(key) ?? { seconds: [], values: [] };
    series.set(key, of);
    let hasChanged = false;
    for (const [seconds, value] of points) {
      let at = of.seconds.length;
      while (at > 0 && (of.seconds[at - 1] as number) > seconds) at -= 1;
      if (of.seconds[at - 1] === seconds) {
        if (of.values[at - 1] === value) continue;
        of.values[at - 1] = value;
      } else {
        of.seconds.splice(at, 0, seconds);
        of.values.splice(at, 0, value);
      }
      hasChanged = true;
    }
    return hasChanged;
  }

  return {
    /** Adds points and returns the keys of the lines that have changed. */
    add(points: Points): ReadonlySet<string> {
      return new Set(Object.entries(points).flatMap(([key, of]) => (add(key, of) ? [key] : [])));
    },
    of: (key: string): Series => series.get(key) ?? { seconds: [], values: [] },
  };
}

export type History = ReturnType<typeof createHistory>;

/** Aligns lines on a common time axis, with null where a line has no point. */
export function align(lines: readonly Series[]): readonly [number[], ...(number | null)[][]] {
  const [only] = lines;
  if (lines.every(({ seconds }) => isSame(seconds, only?.seconds ?? []))) {
    return [only?.seconds ?? [], ...lines.map(({ values }) => values)];
  }
  const all = [...new Set(lines.flatMap(({ seconds }) => seconds))].sort((a, b) => a - b);
  const places = new Map(all.map((seconds, index) => [seconds, index]));
  return [
    all,
    ...lines.map(({ seconds, values }) => {
      const row = new Array<number | null>(all.length).fill(null);
      for (const [index, at] of seconds.entries()) row[places.get(at) as number] = values[index] as number;
      return row;
    }),
  ];
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a[0] === b[0] && a.at(-1) === b.at(-1);
}
