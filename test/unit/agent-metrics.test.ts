import { expect, test } from 'vitest';
import { agentMeasurements } from '../../shared/telemetry/agent-metrics.ts';

const measured = (attempt: Parameters<typeof agentMeasurements>[0]) =>
  Object.fromEntries(agentMeasurements(attempt).map(({ name, value }) => [name, value]));
const completed = { kind: 'completed', durationMs: 20_000 } as const;

test('a task is measured by its queue wait as soon as it starts', () => {
  expect(measured({ kind: 'started', queueWaitMs: 1_500 })).toEqual({ TaskQueueTime: 1.5 });
});

test('a completed task is measured by its duration and its context', () => {
  const context = { isWarm: true, plainBytes: 40_000, bytesWritten: 150, version: 3 };
  expect(measured({ ...completed, context })).toEqual({
    TasksCompleted: 1,
    TaskDuration: 20,
    ContextSize: 40_000,
    SnapshotBytesWritten: 150,
    SnapshotBytesSaved: 39_850,
    WarmHits: 100,
    AttemptsFailed: 0,
  });
});

test('the first task of a conversation is neither a warm hit nor a miss, and a task without one has no context metrics', () => {
  const begun = measured({
    ...completed,
    context: { isWarm: undefined, plainBytes: 9, bytesWritten: 40, version: 0 },
  });
  expect(begun).toMatchObject({ ContextSize: 9, SnapshotBytesSaved: 0 });
  expect(begun).not.toHaveProperty('WarmHits');
  expect(
    measured({ ...completed, context: { isWarm: false, plainBytes: 9, bytesWritten: 4, version: 3 } }),
  ).toMatchObject({
    WarmHits: 0,
  });
  expect(measured(completed)).not.toHaveProperty('ContextSize');
});

test('metrics of rare events are emitted only when they happen', () => {
  expect(measured({ kind: 'failed', isFinal: false })).toEqual({ AttemptsFailed: 1 });
  expect(measured({ kind: 'failed', isFinal: true })).toEqual({ AttemptsFailed: 1, TasksDeadLettered: 1 });
  expect(measured({ kind: 'returned' })).toEqual({ TasksReturned: 1 });
  expect(measured({ ...completed, damage: 'a page is missing' })).toMatchObject({ SnapshotsDamaged: 1 });
});
