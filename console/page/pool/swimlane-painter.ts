import type { TimeRange } from '../../lanes.ts';
import { isFailed, type Stretch } from './agent-lanes.ts';
import { type Layout, type Placed, seenIn } from './lane-layout.ts';
import { token } from './plot.ts';
import { placeOf } from './time-axis.tsx';

/** Colors of conversations: as many as people distinguish, and repeated beyond. */
const CONVERSATIONS = 8;

type Painted = {
  readonly layout: Layout;
  /** How far the rows are scrolled, in pixels. */
  readonly scrollTop: number;
  readonly range: TimeRange;
  readonly width: number;
  readonly height: number;
  readonly nowMs: number;
};

/** Draws the agents that can be seen. */
export function paintSwimlanes(canvas: HTMLCanvasElement, painted: Painted): void {
  const { layout, scrollTop, width, height } = painted;
  const scale = devicePixelRatio;
  if (canvas.width !== width * scale || canvas.height !== height * scale) {
    canvas.width = width * scale;
    canvas.height = height * scale;
  }
  const context = canvas.getContext('2d');
  if (!context) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const colors = colorsOfTheme();
  for (const placed of seenIn(layout, scrollTop, scrollTop + height))
    paintAgent(context, placed, { ...painted, colors, top: placed.top - scrollTop });
}

type Agent = Painted & { readonly colors: Colors; readonly top: number };

function paintAgent(context: CanvasRenderingContext2D, placed: Placed, agent: Agent): void {
  const { lane, rowHeight, barHeight, height } = placed;
  const { colors, top, nowMs, width, range } = agent;
  const [left, right] = [placeOf(range.fromMs, range, width), placeOf(range.toMs, range, width)];
  const across = (fromMs: number, toMs: number) => {
    const from = Math.max(left, placeOf(fromMs, range, width));
    return { from, width: Math.min(right, placeOf(toMs, range, width)) - from };
  };
  const middleOf = (slot: number) => top + (slot + 0.5) * rowHeight;
  if (lane.rows > 1) {
    // Without a line, nobody sees which rows are whose.
    context.fillStyle = colors.line;
    context.fillRect(0, Math.round(top + height) - 2, right, 1);
  }
  const thickness = barHeight / WHOLE_BAR;
  for (const { kind, fromMs, toMs } of lane.stretches) {
    const { from, width: wide } = across(fromMs, toMs);
    if (wide <= 0) continue;
    const tall = Math.max(1, HEIGHTS[kind] * thickness);
    context.fillStyle = colors[kind];
    for (let slot = 0; slot < lane.rows; slot += 1)
      context.fillRect(from, middleOf(slot) - tall / 2, wide, tall);
  }
  for (const attempt of lane.attempts) {
    const { from, width: wide } = across(attempt.startedAtMs, attempt.endedAtMs ?? lane.endedAtMs ?? nowMs);
    if (wide < 0) continue;
    const shown = Math.max(1, wide - (wide > 4 ? 1 : 0));
    context.fillStyle = isFailed(attempt) ? colors.failed : (colors.conversations[colorOf(attempt)] ?? '');
    const middle = middleOf(attempt.slot ?? 0);
    context.fillRect(from, middle - barHeight / 2, shown, barHeight);
    if (isFailed(attempt)) cross(context, from + shown, middle, colors.text);
  }
}

/** A failed attempt has a mark of its own, not just a color. */
function cross(context: CanvasRenderingContext2D, x: number, y: number, color: string): void {
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x - 7, y - 3);
  context.lineTo(x - 1, y + 3);
  context.moveTo(x - 7, y + 3);
  context.lineTo(x - 1, y - 3);
  context.stroke();
}

/** Of the heights below: the bar of an agent with one slot. */
const WHOLE_BAR = 12;
const HEIGHTS: Readonly<Record<Stretch['kind'], number>> = {
  starting: 8,
  alive: 3,
  cooldown: 6,
  draining: 6,
};

type Colors = Readonly<Record<Stretch['kind'] | 'failed' | 'text' | 'line', string>> & {
  readonly conversations: readonly string[];
};

function colorsOfTheme(): Colors {
  return {
    starting: token('starting'),
    alive: token('ready'),
    cooldown: token('cooldown'),
    draining: token('draining'),
    failed: token('bad'),
    text: token('text'),
    line: token('line'),
    conversations: Array.from({ length: CONVERSATIONS }, (_, index) => token(`conversation-${index}`)),
  };
}

/** The same for all turns of a conversation. A task without one has its own. */
function colorOf({
  contextId,
  taskId,
}: {
  readonly contextId?: string | undefined;
  readonly taskId: string;
}): number {
  let hash = 0;
  for (const letter of contextId ?? taskId) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return hash % CONVERSATIONS;
}
