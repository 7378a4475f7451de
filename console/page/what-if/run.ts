import type { WhatIfEvent, WhatIfPoint } from '../../../sim/what-if/what-if.ts';

/** A run of the backtest, as far as it has come. */
export type Run =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'running' | 'done';
      readonly points: readonly WhatIfPoint[];
      readonly done: number;
      readonly of: number;
      readonly doing: string;
      readonly why?: string;
    }
  | { readonly kind: 'failed'; readonly reason: string };

const BEGUN = { kind: 'running', points: [], done: 0, of: 1, doing: '' } as const;

/** A run after an event of it. */
export function after(before: Run, event: WhatIfEvent): Run {
  const run = before.kind === 'running' ? before : BEGUN;
  switch (event.kind) {
    case 'progress':
      return { ...run, done: event.done, of: event.of, doing: event.doing };
    case 'point':
      return { ...run, points: [...run.points, event.point] };
    case 'done':
      return { ...run, kind: 'done', points: withRecommended(run.points, event.recommended), why: event.why };
    case 'failed':
      return { kind: 'failed', reason: event.reason };
    default:
      return event satisfies never;
  }
}

/** The recommended point may be one that's there already. */
function withRecommended(
  points: readonly WhatIfPoint[],
  recommended: WhatIfPoint | undefined,
): readonly WhatIfPoint[] {
  if (!recommended) return points;
  const isSame = (point: WhatIfPoint) => point.label === recommended.label && point.role !== 'recommended';
  return [...points.filter((point) => !isSame(point) && point.role !== 'recommended'), recommended];
}
