import { styled } from '../result.ts';
import { timestamp } from '../time.ts';
import type { LogEvent, LogSource } from './log-event.ts';
import { isRoutine, type LogLine, parseLogLine } from './log-line.ts';

const ID_CHARACTERS = 8;
const LINE_CHARACTERS = 4_000;
/** The source says it already, or the message does. */
const SAID_ELSEWHERE: Readonly<Record<LogSource['kind'], readonly string[]>> = {
  agent: ['pool', 'agent'],
  function: ['decision'],
};

/** A line for people, to be printed with `print`, which cleans it; undefined for metrics. */
export function showLogLine({ source, text, ...event }: LogEvent): string | undefined {
  const line = parseLogLine(text);
  if (line.kind === 'metrics') return undefined;
  const atMs = event.atMs ?? (line.kind === 'logged' ? line.atMs : undefined);
  const time = atMs === undefined ? ' '.repeat(8) : timestamp(atMs).slice(11, -1);
  return `${styled('dim', time)}  ${styled('cyan', nameOf(source))}  ${words(line, SAID_ELSEWHERE[source.kind])}`;
}

function nameOf(source: LogSource): string {
  return source.kind === 'agent' ? `${source.pool} ${source.id.slice(0, ID_CHARACTERS)}` : source.name;
}

function words(line: Exclude<LogLine, { kind: 'metrics' }>, saidElsewhere: readonly string[]): string {
  if (line.kind === 'printed') return line.text.slice(0, LINE_CHARACTERS);
  const { level, message, details } = line;
  const shown = Object.entries(details)
    .filter(([name]) => !saidElsewhere.includes(name))
    .map(([name, value]) => `${name}=${show(name, value)}`);
  const all = [message, ...shown].join('  ').slice(0, LINE_CHARACTERS);
  if (isRoutine(level)) return all;
  return styled(level === 'WARN' ? 'yellow' : 'red', `${level}  ${all}`);
}

function show(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (name === 'outcome') return outcomeOf(value as Outcome);
  if (name === 'error') return (value as { readonly message?: string }).message ?? JSON.stringify(value);
  return JSON.stringify(value);
}

type Outcome = { readonly kind?: string; readonly durationMs?: number; readonly reason?: string };

function outcomeOf({ kind = '', durationMs, reason }: Outcome): string {
  if (durationMs === undefined) return kind;
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  return reason === undefined ? `${kind} after ${seconds}` : `${kind} after ${seconds}: ${reason}`;
}
