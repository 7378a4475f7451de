import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { AgentView } from '../../../shared/views/pool-view.ts';
import type { Attempt, TimeRange } from '../../lanes.ts';
import { count, duration, timeOfDay } from '../format.ts';
import { usePoolEachSecond } from '../live.ts';
import { Hint } from '../parts/hint.tsx';
import { Popover } from '../parts/popover.tsx';
import { Empty, Failure } from '../parts/states.tsx';
import { goTo, hrefOf } from '../route.ts';
import { THEME_CHANGED } from '../theme.tsx';
import { type AgentLane, agentLanes, isFailed } from './agent-lanes.ts';
import { layOut, placeAt, seenIn, slotAt } from './lane-layout.ts';
import { useLanes } from './pool-data.ts';
import type { Window } from './range.ts';
import { paintSwimlanes } from './swimlane-painter.ts';
import { timeAt } from './time-axis.tsx';

const NO_AGENTS: readonly AgentView[] = [];

/** Pixels that are seen at once: 18 agents with one slot. The others are scrolled to. */
const SEEN_PIXELS = 360;

type Props = {
  readonly pool: string;
  readonly shown: Window;
  readonly range: TimeRange;
  readonly width: number;
};

/** Each agent as a lane on the axis of all lanes, each attempt as a bar. Only the agents that are seen are drawn. */
export function Swimlanes({ pool, shown, range, width }: Props) {
  const loaded = useLanes(pool, shown);
  const known = useRef<readonly AgentLane[]>([]);
  const now = usePoolEachSecond(pool);
  const agents = now?.kind === 'read' ? now.agents : NO_AGENTS;
  const lanes = useMemo(() => {
    // What was read before stays until the next has been.
    if (loaded.kind === 'loaded') {
      const living = agents.filter(({ launchedAtMs }) => launchedAtMs <= range.toMs);
      known.current = agentLanes(loaded.value, living, Date.now());
    }
    return known.current;
  }, [loaded, agents, range.toMs]);
  const failed = useMemo(
    () => lanes.reduce((sum, { attempts }) => sum + attempts.filter(isFailed).length, 0),
    [lanes],
  );
  return (
    <section class="lane" aria-labelledby="lane-swimlanes">
      <h2 id="lane-swimlanes">Work</h2>
      <dl class="lane-values">
        <div>
          <dt>agents</dt>
          <dd class="number">{lanes.length}</dd>
        </div>
        <div>
          <dt>failed attempts</dt>
          <dd class="number">{failed}</dd>
        </div>
      </dl>
      <ul class="key" aria-label="Colors">
        <li class="key-starting">starting</li>
        <li class="key-ready">idle</li>
        <li class="key-busy">working, by conversation</li>
        <li class="key-cooldown">cooldown</li>
        <li class="key-draining">draining</li>
        <li class="key-failed">failed ✕</li>
      </ul>
      <Hint id="swimlanes">
        Each name is an agent with a row for each of its slots, each bar a task; turns of one conversation
        have one color. Choose a bar to see its task.
      </Hint>
      {loaded.kind === 'failed' && <Failure>What agents did can't be read: {loaded.reason}</Failure>}
      {loaded.kind === 'loaded' && lanes.length === 0 && <Empty>No agent ran in this time.</Empty>}
      <Rows lanes={lanes} range={range} width={width} />
    </section>
  );
}

type RowsProps = { readonly lanes: readonly AgentLane[]; readonly range: TimeRange; readonly width: number };

function Rows({ lanes, range, width }: RowsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const [hovered, setHovered] = useState<Hovered>();
  const layout = useMemo(() => layOut(lanes), [lanes]);
  const height = Math.min(layout.height, SEEN_PIXELS);
  const paint = () => {
    if (canvas.current && height > 0)
      paintSwimlanes(canvas.current, { layout, scrollTop, range, width, height, nowMs: Date.now() });
  };
  useEffect(paint, [layout, scrollTop, range, width, height]);
  useEffect(() => {
    addEventListener(THEME_CHANGED, paint);
    return () => removeEventListener(THEME_CHANGED, paint);
  });
  const first = placeAt(layout, scrollTop);
  const under = (event: MouseEvent): Hovered | undefined => {
    const box = canvas.current?.getBoundingClientRect();
    if (!box) return undefined;
    const y = event.clientY - box.top + scrollTop;
    const placed = layout.placed[placeAt(layout, y)];
    if (!placed) return undefined;
    const { lane } = placed;
    const atMs = timeAt(event.clientX - box.left, range, width);
    const slack = (3 * (range.toMs - range.fromMs)) / width;
    const attempt = lane.attempts.findLast(
      (each) =>
        (each.slot ?? 0) === slotAt(placed, y) &&
        each.startedAtMs - slack <= atMs &&
        atMs <= (each.endedAtMs ?? lane.endedAtMs ?? Infinity) + slack,
    );
    return attempt && { attempt, x: event.clientX, y: event.clientY };
  };
  return (
    <div
      ref={scroller}
      class="swimlanes"
      style={{ height: `${height}px` }}
      onScroll={({ currentTarget }) => setScrollTop(currentTarget.scrollTop)}
    >
      <div class="swimlane-rows" style={{ height: `${layout.height}px` }}>
        <canvas
          ref={canvas}
          role="img"
          aria-label="What each agent did; the list of agents has the same as text"
          style={{ width: `${width}px`, height: `${height}px` }}
          class={hovered ? 'on-bar' : ''}
          onMouseMove={(event) => setHovered(under(event))}
          onMouseLeave={() => setHovered(undefined)}
          onClick={(event) => {
            const found = under(event);
            if (found) goTo({ view: 'task', id: found.attempt.taskId });
          }}
        />
        <ul class="swimlane-labels" aria-label="Agents">
          {seenIn(layout, scrollTop, scrollTop + height).map(({ lane, top, height: tall }, index) => (
            <li
              key={lane.id}
              style={{ top: `${top}px`, height: `${tall}px` }}
              aria-setsize={lanes.length}
              aria-posinset={first + index + 1}
            >
              <AgentLabel lane={lane} />
            </li>
          ))}
        </ul>
      </div>
      {hovered && <AttemptTip {...hovered} />}
    </div>
  );
}

type Hovered = { readonly attempt: Attempt; readonly x: number; readonly y: number };

function AttemptTip({ attempt, x, y }: Hovered) {
  const { taskId, contextId, startedAtMs, endedAtMs, outcome, reason } = attempt;
  return (
    <Popover at={{ x, y }}>
      <b>{taskId}</b>
      <br />
      {contextId !== undefined && (
        <>
          {contextId}
          <br />
        </>
      )}
      {outcome ?? 'running'}, {duration((endedAtMs ?? Date.now()) - startedAtMs)} since{' '}
      {timeOfDay(startedAtMs)}
      {reason !== undefined && (
        <>
          <br />
          {reason.split('\n')[0]}
        </>
      )}
    </Popover>
  );
}

/** An agent's name; chosen, it lists the agent's tasks, for those who use no mouse. */
function AgentLabel({ lane }: { readonly lane: AgentLane }) {
  const [isOpen, setIsOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const status = lane.now?.status ?? 'stopped';
  const latest = lane.attempts.slice(-10).toReversed();
  const slots = slotsText(lane.now);
  return (
    <>
      <button
        ref={button}
        type="button"
        class={`agent-label ${status}`}
        aria-expanded={isOpen}
        aria-label={`agent ${lane.id.slice(0, 6)}, ${status}${slots}, ${count(lane.attempts.length, 'task')}`}
        onClick={() => setIsOpen(!isOpen)}
        onKeyDown={({ key }) => key === 'Escape' && setIsOpen(false)}
      >
        {lane.id.slice(0, 6)}
      </button>
      {isOpen && button.current && (
        <Popover anchor={button.current} onClose={() => setIsOpen(false)}>
          <b>{lane.id}</b>
          <p>
            {status}
            {lane.now?.problem !== undefined && `: ${lane.now.problem}`}
            {slots}; {count(lane.attempts.length, 'task')} in this time
          </p>
          <ul>
            {latest.map(({ taskId, startedAtMs, outcome }) => (
              <li key={`${taskId} ${startedAtMs}`}>
                <a href={hrefOf({ view: 'task', id: taskId })}>{taskId}</a>, {outcome ?? 'running'}
              </li>
            ))}
          </ul>
        </Popover>
      )}
    </>
  );
}

/** With one slot, the status says it. */
function slotsText(now: AgentView | undefined): string {
  if (!now) return '';
  const { slots, taskIds, heldUpSinceMs } = now;
  const used = slots > 1 || taskIds.length > 1 ? `, ${taskIds.length} of ${slots} slots used` : '';
  return heldUpSinceMs === undefined ? used : `${used}, held up by a handler`;
}
