import type { LogEvent, LogSource } from './log-event.ts';

/** A line as its logger wrote it, or one that isn't a logger's: whatever a handler printed. */
export type LogLine =
  | {
      readonly kind: 'logged';
      readonly level: string;
      readonly message: string;
      readonly atMs: number | undefined;
      readonly details: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'printed'; readonly text: string }
  /** Metrics in CloudWatch's embedded format, which no person reads. */
  | { readonly kind: 'metrics' };

/** Fields that every line of a logger has. */
const OWN_FIELDS = ['level', 'message', 'timestamp', 'service', 'sampling_rate'];
/** What Lambda adds to the lines of a function. */
const LAMBDA_FIELDS = /^(cold_start|function_|xray_)/;

/** Lines that Lambda writes about each invocation. */
const LAMBDAS_OWN = /^(INIT_START|START|END|REPORT) /;

export function parseLogLine(text: string): LogLine {
  const fields = fieldsOf(text);
  if (fields === undefined) return { kind: 'printed', text };
  if ('_aws' in fields) return { kind: 'metrics' };
  const { level, message, timestamp } = fields;
  if (typeof level !== 'string' || typeof message !== 'string') return { kind: 'printed', text };
  const atMs = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  return {
    kind: 'logged',
    level,
    message,
    atMs: Number.isNaN(atMs) ? undefined : atMs,
    details: Object.fromEntries(
      Object.entries(fields).filter(([name]) => !OWN_FIELDS.includes(name) && !LAMBDA_FIELDS.test(name)),
    ),
  };
}

function fieldsOf(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Lets through what agents wrote, and of the functions, which say something every second, only what is wrong. */
export function withoutRoutine({ source, text }: LogEvent): boolean {
  if (source.kind === 'agent') return true;
  const line = parseLogLine(text);
  if (line.kind === 'printed') return !LAMBDAS_OWN.test(line.text);
  return line.kind === 'logged' && !isRoutine(line.level);
}

export function isRoutine(level: string): boolean {
  return level === 'INFO' || level === 'DEBUG';
}

/**
 * Picks what belongs to a task: the lines that name it, and what its agents wrote without naming a task while they worked
 * on it alone. Beside other tasks, nobody knows whose such a line is. Call it with the lines of all sources, in order,
 * some at a time.
 */
export function linesOfTask(id: string): (events: readonly LogEvent[]) => readonly LogEvent[] {
  const running = new Map<string, Set<string>>();

  function runningOn(source: LogSource): Set<string> {
    const key = keyOf(source);
    const tasks = running.get(key) ?? new Set();
    running.set(key, tasks);
    return tasks;
  }

  function belongs({ source, text }: LogEvent): boolean {
    const line = parseLogLine(text);
    const tasks = runningOn(source);
    const taskId = line.kind === 'logged' ? line.details['taskId'] : undefined;
    if (typeof taskId !== 'string') return isNamedIn(text, id) || (tasks.size === 1 && tasks.has(id));
    if (startsTask(line)) tasks.add(taskId);
    else if (endsTask(line)) tasks.delete(taskId);
    return taskId === id;
  }

  return (events) => {
    for (const { source, taskId } of runningBefore(events)) runningOn(source).add(taskId);
    return events.filter(belongs);
  };
}

/** Tasks that were running before the first of these lines: they end without having started. */
function runningBefore(events: readonly LogEvent[]) {
  const started = new Set<string>();
  const found: { readonly source: LogSource; readonly taskId: string }[] = [];
  for (const { source, text } of events) {
    const line = parseLogLine(text);
    const taskId = line.kind === 'logged' ? line.details['taskId'] : undefined;
    if (typeof taskId !== 'string') continue;
    const attempt = `${keyOf(source)} ${taskId}`;
    if (startsTask(line)) started.add(attempt);
    else if (endsTask(line) && !started.has(attempt)) found.push({ source, taskId });
  }
  return found;
}

function startsTask(line: LogLine): boolean {
  return line.kind === 'logged' && line.message === 'task started';
}

function endsTask(line: LogLine): boolean {
  return line.kind === 'logged' && line.details['outcome'] !== undefined;
}

/** A shorter ID may be any word or number of a text. */
const LEAST_CHARACTERS = 8;

/** Whether a text has an ID in it, and not only a longer one. */
function isNamedIn(text: string, id: string): boolean {
  if (id.length < LEAST_CHARACTERS) return false;
  const around = text.split(id);
  return around.slice(1).some((after, index) => !/[\w-]$/.test(around[index] ?? '') && !/^[\w-]/.test(after));
}

function keyOf(source: LogSource): string {
  return source.kind === 'agent' ? source.id : source.name;
}
