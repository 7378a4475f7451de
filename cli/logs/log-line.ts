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
 * Lets through what belongs to a task: the lines that name it, and all that its agents wrote during its attempts. An agent
 * works on one task at a time, and logs when it starts one. Call it with the lines of all sources, in order.
 */
export function linesOfTask(id: string): (event: LogEvent) => boolean {
  const working = new Map<string, boolean>();
  return ({ source, text }) => {
    const key = keyOf(source);
    const line = parseLogLine(text);
    if (line.kind !== 'logged') return working.get(key) ?? false;
    const { taskId, outcome } = line.details;
    if (taskId === undefined) return working.get(key) ?? false;
    if (line.message === 'task started') working.set(key, taskId === id);
    else if (taskId === id && outcome !== undefined) working.set(key, false);
    return taskId === id;
  };
}

function keyOf(source: LogSource): string {
  return source.kind === 'agent' ? source.id : source.name;
}
