import { describe, expect, test } from 'vitest';
import { parseTaskStopped } from '../../functions/reconcile/task-stopped.ts';
import { reconcileMeasurements } from '../../shared/telemetry/reconcile-metrics.ts';

const event = (detail: object) => ({
  source: 'aws.ecs',
  detail: {
    taskArn: 'arn:aws:ecs:us-east-1:111122223333:task/cluster/0a1b',
    group: 'service:echo',
    lastStatus: 'STOPPED',
    ...detail,
  },
});

describe('the end of an agent', () => {
  test.each([
    ['stopped', 'ServiceSchedulerInitiated', [0]],
    ['stopped', 'ServiceSchedulerInitiated', [137]],
    ['stopped', 'UserInitiated', [143]],
    ['stopped', 'EssentialContainerExited', [0]],
    ['crashed', 'EssentialContainerExited', [1]],
    ['crashed', 'EssentialContainerExited', [undefined]],
    ['crashed', 'TaskFailedToStart', []],
    ['interrupted', 'SpotInterruption', [0]],
    ['interrupted', 'TerminationNotice', [137]],
    ['stopped', undefined, []],
  ])("an agent's end is %s after %s with exit status %j", (end, stopCode, codes) => {
    const containers = codes.map((exitCode) => ({ exitCode }));
    expect(parseTaskStopped(event({ stopCode, containers }))).toMatchObject({
      agentId: '0a1b',
      service: 'echo',
      end,
    });
  });

  test.each([
    ['UserInitiated', 'agentpool: its agent has no record'],
    ['ServiceSchedulerInitiated', 'Task failed container health checks'],
  ])(
    'an ECS task that was stopped because it had failed counts as a crash: %s, %s',
    (stopCode, stoppedReason) => {
      expect(parseTaskStopped(event({ stopCode, stoppedReason }))).toMatchObject({ end: 'crashed' });
    },
  );

  test("an agent's end is measured only when it was not requested", () => {
    expect(reconcileMeasurements('stopped')).toEqual([]);
    expect(reconcileMeasurements('crashed')).toMatchObject([{ name: 'AgentsCrashed', value: 1 }]);
    expect(reconcileMeasurements('interrupted')).toMatchObject([{ name: 'AgentsInterrupted', value: 1 }]);
  });

  test('an event that is not of an ECS task ends no agent', () => {
    expect(() => parseTaskStopped({ source: 'aws.events' })).toThrow();
  });
});
