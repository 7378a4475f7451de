import type { TimeRange } from '../../lanes.ts';
import type { Tick, TickChange } from '../../ticks.ts';
import { timeOfDay } from '../format.ts';
import { Icon } from '../parts/icon.tsx';
import { hrefOf } from '../route.ts';
import { parametersOf, type Window } from './range.ts';
import { placeOf } from './time-axis.tsx';

type Mark = {
  /** Pixels from the left edge of the lanes. */
  readonly place: number;
  readonly atMs: number;
  readonly change: TickChange;
  /** How many earlier changes it stands for too. */
  readonly others: number;
};

/** Marks nearer than this are one. */
const APART_PIXELS = 26;

type Props = {
  readonly pool: string;
  readonly ticks: readonly Tick[];
  readonly range: TimeRange;
  readonly shown: Window;
  readonly width: number;
  readonly selectedAtMs: number | undefined;
};

/** Decisions that changed something, as links on the axis of time. */
export function DecisionMarks({ pool, ticks, range, shown, width, selectedAtMs }: Props) {
  const marks = marksOf(ticks, range, width);
  return (
    <ul class="marks" aria-label={`Decisions that changed ${pool}`}>
      {marks.map(({ place, atMs, change, others }) => (
        <li key={atMs} style={{ left: `${place}px` }}>
          <a
            class={`mark ${change.kind}${atMs + (change.withinMs ?? 0) === selectedAtMs ? ' selected' : ''}`}
            href={hrefOf(
              { view: 'pool', pool, decisionAtMs: atMs + (change.withinMs ?? 0) },
              { ...parametersOf(shown), within: change.withinMs },
            )}
            aria-label={`${timeOfDay(atMs)}: ${change.kind} ${change.from ?? '?'} to ${change.to ?? '?'}${others > 0 ? `, the last of ${others + 1}` : ''}`}
            title={`${timeOfDay(atMs)}  ${change.kind} ${change.from ?? '?'} → ${change.to ?? '?'}\n${change.reason}`}
          >
            <Icon name={iconOf(change.kind)} />
            <span class="number">{change.to ?? '?'}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function iconOf(kind: string): 'up' | 'down' | 'warning' {
  return kind === 'scale-out' ? 'up' : kind === 'scale-in' ? 'down' : 'warning';
}

/** The changes in a range. Of those that would cover each other, the last stands for all, where the first was. */
function marksOf(ticks: readonly Tick[], range: TimeRange, width: number): readonly Mark[] {
  const marks: Mark[] = [];
  for (const { atMs, change } of ticks) {
    if (!change || atMs < range.fromMs || atMs > range.toMs) continue;
    const place = placeOf(atMs, range, width);
    const last = marks.at(-1);
    if (last && place - last.place < APART_PIXELS)
      marks[marks.length - 1] = {
        place: last.place,
        atMs,
        change: { ...change, from: last.change.from },
        others: last.others + 1,
      };
    else marks.push({ place, atMs, change, others: 0 });
  }
  return marks;
}
