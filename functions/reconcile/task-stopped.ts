import * as z from 'zod';
import { REAPED_BY_SCALER } from '../../shared/core/reap.ts';
import type { AgentEnd } from '../../shared/telemetry/reconcile-metrics.ts';

/** The part of an "ECS Task State Change" event with the last status STOPPED that is read here. */
const taskStoppedSchema = z.object({
  detail: z.object({
    taskArn: z.string(),
    /** `service:NAME` for the tasks of a service. */
    group: z.string(),
    stopCode: z.string().optional(),
    stoppedReason: z.string().default('no reason given'),
    containers: z.array(z.object({ exitCode: z.int().optional() })).default([]),
  }),
});

export type TaskStopped = {
  /** The agent's id: the last part of the task's ARN. */
  readonly agentId: string;
  readonly service: string;
  readonly end: AgentEnd;
  readonly reason: string;
};

/** @throws ZodError when the event is another one. */
export function parseTaskStopped(event: unknown): TaskStopped {
  const { taskArn, group, stopCode, stoppedReason, containers } = taskStoppedSchema.parse(event).detail;
  return {
    agentId: taskArn.split('/').at(-1) ?? '',
    service: group.replace(/^service:/, ''),
    end: stoppedReason.startsWith(REAPED_BY_SCALER)
      ? 'crashed'
      : endOf(
          stopCode,
          containers.map(({ exitCode }) => exitCode),
        ),
    reason: stoppedReason,
  };
}

/**
 * A container that ended by itself is the only one whose exit status tells anything: one that was stopped and did not
 * make it within the stop timeout ends with 137 as well.
 */
function endOf(stopCode: string | undefined, exitCodes: readonly (number | undefined)[]): AgentEnd {
  switch (stopCode) {
    case 'SpotInterruption':
    case 'TerminationNotice':
      return 'interrupted';
    case 'TaskFailedToStart':
      return 'crashed';
    case 'EssentialContainerExited':
      return exitCodes.every((code) => code === 0) ? 'stopped' : 'crashed';
    default:
      return 'stopped';
  }
}
