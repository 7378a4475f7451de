import type { TimeRange } from '../../lanes.ts';
import { type AgentLane, isFailed, type Stretch } from './agent-lanes.ts';
import { token } from './plot.ts';
import { placeOf } from './time-axis.tsx';

export const ROW_HEIGHT = 20;
const BAR_HEIGHT = 12;
/** Colors of conversations: as many as people distinguish, and repeated beyond. */
const CONVERSATIONS = 8;

type Painted = {
  readonly lanes: readonly AgentLane[];
  /** The first row to draw, and how far it's scrolled, in pixels. */
  readonly scrollTop: number;
  readonly range: TimeRange;
  readonly width: number;
  readonly height: number;
  readonly nowMs: number;
};

/** Draws the rows that can be seen. */
export function paintSwimlanes(canvas: HTMLCanvasElement, painted: Painted): void {
  const { lanes, scrollTop, width, height } = painted;
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
  const first = Math.floor(scrollTop / ROW_HEIGHT);
  const rows = Math.ceil(height / ROW_HEIGHT) + 1;
  for (const [index, lane] of lanes.slice(first, first + rows).entries())
    paintRow(context, lane, { ...painted, colors, top: (first + index) * ROW_HEIGHT - scrollTop });
}

type Row = Painted & { readonly colors: Colors; readonly top: number };

function paintRow(context: CanvasRenderingContext2D, lane: AgentLane, row: Row): void {
  const { colors, top, nowMs, width, range } = row;
  const [left, right] = [placeOf(range.fromMs, range, width), placeOf(range.toMs, range, width)];
  const across = (fromMs: number, toMs: number) => {
    const from = Math.max(left, placeOf(fromMs, range, width));
    return { from, width: Math.min(right, placeOf(toMs, range, width)) - from };
  };
  const middle = top + ROW_HEIGHT / 2;
  for (const { kind, fromMs, toMs } of lane.stretches) {
    const { from, width: wide } = across(fromMs, toMs);
    if (wide <= 0) continue;
    const tall = HEIGHTS[kind];
    context.fillStyle = colors[kind];
    context.fillRect(from, middle - tall / 2, wide, tall);
  }
  for (const attempt of lane.attempts) {
    const { from, width: wide } = across(attempt.startedAtMs, attempt.endedAtMs ?? lane.endedAtMs ?? nowMs);
    if (wide < 0) continue;
    const shown = Math.max(1, wide - (wide > 4 ? 1 : 0));
    context.fillStyle = isFailed(attempt) ? colors.failed : (colors.conversations[colorOf(attempt)] ?? '');
    context.fillRect(from, middle - BAR_HEIGHT / 2, shown, BAR_HEIGHT);
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

const HEIGHTS: Readonly<Record<Stretch['kind'], number>> = {
  starting: 8,
  alive: 3,
  cooldown: 6,
  draining: 6,
};

type Colors = Readonly<Record<Stretch['kind'] | 'failed' | 'text', string>> & {
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
