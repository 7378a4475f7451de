// Covers: cli/logs/log-line.ts, cli/logs/show-log-line.ts, cli/logs/log-event.ts
import { expect, test } from 'vitest';
import { isSelected, type LogEvent, type LogSource } from '../../cli/logs/log-event.ts';
import { linesOfTask, withoutRoutine } from '../../cli/logs/log-line.ts';
import { showLogLine } from '../../cli/logs/show-log-line.ts';

const AT_MS = Date.UTC(2026, 0, 2, 14, 5, 6);
const agent = (id: string): LogSource => ({ kind: 'agent', id, pool: 'support' });
const SCALER: LogSource = { kind: 'function', name: 'scaler' };
const line = (source: LogSource, text: string | object): LogEvent => ({
  source,
  atMs: AT_MS,
  text: typeof text === 'string' ? text : JSON.stringify(text),
});
const started = (source: LogSource, taskId: string) =>
  line(source, { level: 'INFO', message: 'task started', taskId, attempt: 1 });
const ended = (source: LogSource, taskId: string) =>
  line(source, { level: 'INFO', message: 'task completed', taskId, outcome: { kind: 'completed' } });

test("a task's lines are those of its attempts, on every agent, and no others", () => {
  const [one, two] = [agent('1111'), agent('2222')];
  const [before, crash, others, mine, after] = ['before', 'crash', 'others', 'mine', 'after'];
  const events = [
    line(one, before),
    started(one, 'mine'),
    line(one, crash),
    started(two, 'another'),
    line(two, others),
    ended(two, 'another'),
    started(two, 'mine'),
    line(two, mine),
    // Of the handler's own logger.
    line(two, { level: 'INFO', message: 'own', taskId: 'mine' }),
    line(two, { level: 'WARN', message: 'heartbeat failed' }),
    ended(two, 'mine'),
    line(two, after),
  ];
  const shown = events
    .filter(linesOfTask('mine'))
    .map((event) => showLogLine(event)?.slice('14:05:06  '.length));
  expect(shown).toEqual([
    'support 1111  task started  taskId=mine  attempt=1',
    'support 1111  crash',
    'support 2222  task started  taskId=mine  attempt=1',
    'support 2222  mine',
    'support 2222  own  taskId=mine',
    'support 2222  WARN  heartbeat failed',
    'support 2222  task completed  taskId=mine  outcome=completed',
  ]);
});

test('metrics are not shown, and what a handler printed is, as it is', () => {
  expect(showLogLine(line(agent('1'), { _aws: {}, TasksCompleted: 1 }))).toBeUndefined();
  expect(showLogLine(line(agent('1'), '    at handler.ts:1'))).toBe(
    '14:05:06  support 1      at handler.ts:1',
  );
  // No logger's: a handler may print any JSON.
  expect(showLogLine(line(agent('1'), '{"a":1}'))).toBe('14:05:06  support 1  {"a":1}');
});

test('of the functions, only what is wrong is shown beside the agents, unless one is asked for', () => {
  const routine = line(SCALER, { level: 'INFO', message: 'hold at 1', pool: 'support', decision: {} });
  const wrong = line(SCALER, { level: 'ERROR', message: 'tick failed', pool: 'support' });
  const printed = line(agent('1'), 'hello');
  const lambdas = line(SCALER, 'REPORT RequestId: 1 Duration: 5 ms');
  expect([routine, wrong, printed, lambdas].filter(withoutRoutine)).toEqual([wrong, printed]);
  expect(isSelected(SCALER, { kind: 'function', name: 'scaler' })).toBe(true);
  expect(isSelected(SCALER, { kind: 'pool', pool: 'support' })).toBe(false);
  expect(showLogLine(routine)).toBe('14:05:06  scaler  hold at 1  pool=support');
});
