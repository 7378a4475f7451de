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
  const shown = linesOfTask('mine')(events).map((event) => showLogLine(event)?.slice('14:05:06  '.length));
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

const texts = (events: readonly LogEvent[]) => events.map(({ text }) => text);

test('what an agent writes while it works on several tasks belongs to those that it names', () => {
  const one = agent('1111');
  const events = [
    started(one, 'task-0001'),
    line(one, 'alone'),
    started(one, 'task-0002'),
    line(one, 'whose?'),
    line(one, 'task-0001: a step'),
    line(one, 'not of task-0001-b'),
    line(one, { level: 'INFO', message: 'own', taskId: 'task-0002' }),
    line(one, { level: 'INFO', message: 'own', task: { id: 'task-0001' } }),
    ended(one, 'task-0002'),
    line(one, 'alone again'),
  ];
  expect(texts(linesOfTask('task-0001')(events.slice(1)))).toEqual(['task-0001: a step', events[7]?.text]);
  expect(texts(linesOfTask('task-0001')(events).slice(1))).toEqual([
    'alone',
    'task-0001: a step',
    events[7]?.text,
    'alone again',
  ]);
});

test('a task that began before the lines that are read is known by its end', () => {
  const one = agent('1111');
  const events = [started(one, 'mine'), line(one, 'whose?'), ended(one, 'earlier'), line(one, 'alone')];
  expect(texts(linesOfTask('mine')(events)).slice(1)).toEqual(['alone']);
});

test('an ID that is a short word is found in no text', () => {
  expect(linesOfTask('1')([line(agent('1111'), 'took 1 s')])).toEqual([]);
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
