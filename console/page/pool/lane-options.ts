import type { PoolHistory } from '../../pool-history.ts';
import type { Point } from '../../source.ts';
import type { Tick } from '../../ticks.ts';
import { duration, number } from '../format.ts';
import type { PlotData, PlotOptions } from './plot.ts';

/** A lane of the pool's page. */
export type LaneKind = {
  readonly id: 'arrivals' | 'queue' | 'wait' | 'agents' | 'slots';
  readonly title: string;
  /** One sentence that explains it. */
  readonly hint: string;
  readonly options: PlotOptions;
  readonly data: (history: PoolHistory, withinSeconds: number) => PlotData;
  /** What is written beside the title, of a moment. */
  readonly values: (tick: Tick, history: PoolHistory, atMs: number) => readonly LaneValue[];
  /** Whether it has something to say that no other lane does; absent: always. */
  readonly isShown?: (history: PoolHistory) => boolean;
};

/** `color` names a token, for the mark in front. */
export type LaneValue = { readonly label: string; readonly value: string; readonly color?: string };

const perMinute = (perSecond: number | undefined) => (perSecond === undefined ? undefined : 60 * perSecond);

function ofTicks(ticks: readonly Tick[], ...rows: readonly ((tick: Tick) => number | undefined)[]): PlotData {
  return {
    seconds: ticks.map(({ atMs }) => atMs / 1000),
    rows: rows.map((row) => ticks.map(row)),
  };
}

/** Rows of points with times of their own, on all of these times. */
function ofPoints(...rows: readonly (readonly Point[])[]): PlotData {
  const seconds = [...new Set(rows.flatMap((row) => row.map(([at]) => at)))].sort((a, b) => a - b);
  const values = rows.map((row) => new Map(row));
  return { seconds, rows: values.map((row) => seconds.map((at) => row.get(at))) };
}

/** The value of the period that a time is in, or the last one before it. */
function valueAt(points: readonly Point[], atMs: number): number | undefined {
  return points.findLast(([seconds]) => seconds * 1000 <= atMs)?.[1];
}

export const LANES: readonly LaneKind[] = [
  {
    id: 'arrivals',
    title: 'Arrivals',
    hint: 'Tasks a minute, over the last half minute, and how many the scaler expects by the time an agent started now is ready: nine of ten such counts fall into the band.',
    options: {
      height: 104,
      atLeast: 4,
      band: [0, 1],
      strokes: [
        { label: 'most expected', color: 'forecast', kind: 'edge' },
        { label: 'least expected', color: 'forecast', kind: 'edge' },
        { label: 'arrivals', color: 'arrivals', kind: 'area' },
        { label: 'forecast', color: 'forecast', kind: 'dashed' },
      ],
    },
    data: ({ ticks }) =>
      ofTicks(
        ticks,
        ({ high }) => perMinute(high),
        ({ low }) => perMinute(low),
        ({ arrivals }) => perMinute(arrivals),
        ({ forecast }) => perMinute(forecast),
      ),
    values: ({ arrivals, forecast, low, high }) => [
      { label: 'arrive', value: `${number(perMinute(arrivals))} a min`, color: 'arrivals' },
      {
        label: 'expected',
        value: `${number(perMinute(forecast))}${low === undefined ? '' : ` (${number(perMinute(low))} to ${number(perMinute(high))})`}`,
        color: 'forecast',
      },
    ],
  },
  {
    id: 'queue',
    title: 'Queue',
    hint: 'Tasks that are queued, and those that agents work on.',
    options: {
      height: 88,
      atLeast: 4,
      strokes: [
        { label: 'waiting', color: 'waiting', kind: 'area' },
        { label: 'in flight', color: 'busy', kind: 'steps' },
      ],
    },
    data: ({ ticks }) =>
      ofTicks(
        ticks,
        ({ visible }) => visible,
        ({ inFlight }) => inFlight,
      ),
    values: ({ visible, inFlight }) => [
      { label: 'wait', value: number(visible), color: 'waiting' },
      { label: 'in flight', value: number(inFlight), color: 'busy' },
    ],
  },
  {
    id: 'wait',
    title: 'Queue wait',
    hint: 'How long the slowest of twenty tasks waited, and the age of the oldest task, against the objective.',
    options: {
      height: 88,
      atLeast: 1,
      strokes: [
        { label: '95 % started within', color: 'waiting', kind: 'area' },
        { label: 'age of the oldest', color: 'quiet', kind: 'line' },
        { label: 'objective', color: 'bad', kind: 'dashed' },
      ],
    },
    data({ wait, age }, withinSeconds) {
      const data = ofPoints(wait, age);
      return { ...data, rows: [...data.rows, data.seconds.map(() => withinSeconds || undefined)] };
    },
    values: (_tick, { wait, age }, atMs) => [
      { label: '95 % within', value: durationOf(valueAt(wait, atMs)), color: 'waiting' },
      { label: 'oldest', value: durationOf(valueAt(age, atMs)), color: 'quiet' },
    ],
  },
  {
    id: 'agents',
    title: 'Agents',
    hint: 'Agents by status, under the count that the scaler wants.',
    options: {
      height: 120,
      atLeast: 4,
      strokes: [
        { label: 'busy', color: 'busy', kind: 'stacked' },
        { label: 'ready', color: 'ready', kind: 'stacked' },
        { label: 'starting', color: 'starting', kind: 'stacked' },
        { label: 'draining', color: 'draining', kind: 'stacked' },
        { label: 'desired', color: 'text', kind: 'steps' },
      ],
    },
    data: ({ ticks }) =>
      ofTicks(
        ticks,
        ({ busy }) => busy,
        ({ idle }) => idle,
        ({ starting }) => starting,
        ({ draining }) => draining,
        ({ desired }) => desired,
      ),
    values: ({ busy, idle, starting, draining, desired }) => [
      { label: 'desired', value: number(desired), color: 'text' },
      { label: 'busy', value: number(busy), color: 'busy' },
      { label: 'ready', value: number(idle), color: 'ready' },
      { label: 'starting', value: number(starting), color: 'starting' },
      { label: 'draining', value: number(draining), color: 'draining' },
    ],
  },
  {
    id: 'slots',
    title: 'Slots',
    hint: 'Tasks that agents work on, under the room that they have: an agent has as many slots as its pool has concurrency.',
    options: {
      height: 72,
      atLeast: 4,
      strokes: [
        { label: 'used', color: 'busy', kind: 'area' },
        { label: 'all', color: 'text', kind: 'steps' },
      ],
    },
    data: ({ ticks }) =>
      ofTicks(
        ticks,
        ({ slotsUsed }) => slotsUsed,
        ({ slots }) => slots,
      ),
    values: ({ slotsUsed, slots }) => [
      { label: 'used', value: number(slotsUsed), color: 'busy' },
      { label: 'of', value: number(slots), color: 'text' },
    ],
    // With one slot each, it would be the lane of agents once more.
    isShown: ({ ticks }) =>
      ticks.some(
        ({ slots = 0, busy = 0, idle = 0, draining = 0 }) =>
          Math.round(slots) > Math.ceil(busy + idle + draining),
      ),
  },
];

function durationOf(seconds: number | undefined): string {
  return seconds === undefined ? '–' : duration(1000 * seconds);
}
