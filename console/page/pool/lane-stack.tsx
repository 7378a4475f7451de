import { memo } from 'preact/compat';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { TimeRange } from '../../lanes.ts';
import type { PoolHistory } from '../../pool-history.ts';
import type { Tick } from '../../ticks.ts';
import { dayAndTime } from '../format.ts';
import { Hint } from '../parts/hint.tsx';
import { goTo } from '../route.ts';
import { DecisionMarks } from './decision-marks.tsx';
import { LANES, type LaneKind } from './lane-options.ts';
import { PlotLane } from './plot-lane.tsx';
import { parametersOf, type Window, zoomed } from './range.ts';
import { Swimlanes } from './swimlanes.tsx';
import { placeOf, TimeAxis, timeAt } from './time-axis.tsx';
import { useWidth } from './use-width.ts';

type Props = {
  readonly pool: string;
  readonly history: PoolHistory;
  readonly shown: Window;
  readonly range: TimeRange;
  readonly withinSeconds: number;
  readonly decisionAtMs: number | undefined;
};

/** Pixels that a drag needs to be one. */
const DRAG_PIXELS = 6;

/** Lanes on one axis of time, under one crosshair. Dragging zooms; so do + and -, and the arrows move the crosshair. */
export const LaneStack = memo(function LaneStack({
  pool,
  history,
  shown,
  range,
  withinSeconds,
  decisionAtMs,
}: Props) {
  const element = useRef<HTMLDivElement>(null);
  const width = useWidth(element);
  const [crossMs, setCrossMs] = useState<number>();
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number }>();
  const show = (next: Window) => goTo({ view: 'pool', pool }, parametersOf(next));
  const { ticks } = history;
  const lanes = useMemo(() => LANES.filter(({ isShown }) => isShown?.(history) ?? true), [history]);
  const tick = tickAt(ticks, crossMs ?? range.toMs);

  const placeIn = (event: PointerEvent) =>
    event.clientX - (element.current?.getBoundingClientRect().left ?? 0);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === '+') show(zoomed(range, 0.5, Date.now()));
    else if (event.key === '-') show(zoomed(range, 2, Date.now()));
    else if (event.key === 'Enter' && tick)
      goTo({ view: 'pool', pool, decisionAtMs: tick.atMs }, parametersOf(shown));
    else if (event.key === 'Escape') setCrossMs(undefined);
    else return;
    event.preventDefault();
  };

  return (
    <div
      ref={element}
      class="lane-stack"
      onPointerDown={(event) => {
        if (event.button !== 0 || !isOnPlot(event)) return;
        // A drag goes on beyond the lanes' edge.
        element.current?.setPointerCapture(event.pointerId);
        setDrag({ from: placeIn(event), to: placeIn(event) });
      }}
      onPointerMove={(event) => {
        if (event.pointerType === 'touch') return;
        setCrossMs(timeAt(placeIn(event), range, width));
        if (drag) setDrag({ ...drag, to: placeIn(event) });
      }}
      onPointerUp={(event) => {
        if (!drag) return;
        setDrag(undefined);
        const [left, right] = [drag.from, placeIn(event)].sort((a, b) => a - b) as [number, number];
        if (right - left < DRAG_PIXELS) return;
        show({ kind: 'fixed', fromMs: timeAt(left, range, width), toMs: timeAt(right, range, width) });
      }}
      onPointerLeave={() => {
        setCrossMs(undefined);
        setDrag(undefined);
      }}
    >
      <p class="crosshair-time">{crossMs === undefined ? 'Now' : dayAndTime(tick?.atMs ?? crossMs)}</p>
      <input
        class="crosshair-slider"
        type="range"
        min={0}
        max={Math.max(0, ticks.length - 1)}
        value={tick ? ticks.indexOf(tick) : 0}
        aria-label={`Moment in ${pool}: arrow keys move the crosshair, plus and minus zoom, Enter explains the decision`}
        aria-valuetext={tick ? momentText(tick) : 'nothing yet'}
        onInput={({ currentTarget }) => setCrossMs(ticks[currentTarget.valueAsNumber]?.atMs)}
        onKeyDown={onKeyDown}
        onBlur={() => setCrossMs(undefined)}
      />
      <TimeAxis range={range} width={width} />
      {lanes.map((lane) => (
        <OneLane
          key={lane.id}
          lane={lane}
          history={history}
          range={range}
          withinSeconds={withinSeconds}
          tick={tick}
          atMs={crossMs ?? range.toMs}
        />
      ))}
      <section class="lane" aria-labelledby="lane-decisions">
        <h2 id="lane-decisions">Decisions</h2>
        <Hint id="decisions">What the scaler changed, and to how many agents. Choose one to see why.</Hint>
        <DecisionMarks {...{ pool, ticks, range, shown, width }} selectedAtMs={decisionAtMs} />
      </section>
      <Swimlanes {...{ pool, shown, range, width }} />
      {crossMs !== undefined && <Line class="crosshair" at={placeOf(crossMs, range, width)} />}
      {decisionAtMs !== undefined && isIn(decisionAtMs, range) && (
        <Line class="chosen" at={placeOf(decisionAtMs, range, width)} />
      )}
      {drag && (
        <div
          class="selection"
          style={{ left: `${Math.min(drag.from, drag.to)}px`, width: `${Math.abs(drag.to - drag.from)}px` }}
        />
      )}
    </div>
  );
});

function Line({ class: name, at }: { readonly class: string; readonly at: number }) {
  return <div class={name} style={{ transform: `translateX(${at}px)` }} />;
}

type LaneProps = {
  readonly lane: LaneKind;
  readonly history: PoolHistory;
  readonly range: TimeRange;
  readonly withinSeconds: number;
  readonly tick: Tick | undefined;
  readonly atMs: number;
};

function OneLane({ lane, history, range, withinSeconds, tick, atMs }: LaneProps) {
  const data = useMemo(() => lane.data(history, withinSeconds), [lane, history, withinSeconds]);
  const values = tick ? lane.values(tick, history, atMs) : [];
  return (
    <section class="lane" aria-labelledby={`lane-${lane.id}`}>
      <h2 id={`lane-${lane.id}`}>{lane.title}</h2>
      <dl class="lane-values">
        {values.map(({ label, value, color }) => (
          <div key={label}>
            <dt>
              {color !== undefined && <span class={`swatch swatch-${color}`} />}
              {label}
            </dt>
            <dd class="number">{value}</dd>
          </div>
        ))}
      </dl>
      <Hint id={lane.id}>{lane.hint}</Hint>
      <PlotLane
        label={`${lane.title}: ${values.map(({ label, value }) => `${label} ${value}`).join(', ')}`}
        options={lane.options}
        data={data}
        range={range}
      />
    </section>
  );
}

/** The tick at a time: the last one until then. */
function tickAt(ticks: readonly Tick[], atMs: number): Tick | undefined {
  let [low, high] = [0, ticks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ticks[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return ticks[low - 1] ?? ticks[0];
}

/** What is read aloud of a moment. */
function momentText({ atMs, visible, busy, slotsUsed, slots, desired, change }: Tick): string {
  const changed = change ? `, ${change.kind} to ${change.to ?? '?'}` : '';
  const used = slots === undefined ? '' : `, ${slotsUsed ?? '?'} of ${slots} slots used`;
  return `${dayAndTime(atMs)}: ${visible ?? '?'} waiting, ${busy ?? '?'} busy${used}, ${desired ?? '?'} desired${changed}`;
}

function isIn(atMs: number, { fromMs, toMs }: TimeRange): boolean {
  return fromMs <= atMs && atMs <= toMs;
}

/** A drag on a link, a button or a row that scrolls is none. */
function isOnPlot({ target }: PointerEvent): boolean {
  return target instanceof Element && target.closest('a, button, .swimlanes') === null;
}
