import * as z from 'zod';
import { cleanText } from '../../shared/core/foreign-text.ts';
import { REAPED_BY_SCALER } from '../../shared/core/reap.ts';
import type { AgentEnd } from '../../shared/telemetry/reconcile-metrics.ts';

/** The fields that the reconciler reads from an "ECS Task State Change" event with last status STOPPED. */
const taskStoppedSchema = z.object({
  detail: z.object({
    taskArn: z.string(),
    /** `service:NAME` for the ECS tasks of a service. */
    group: z.string(),
    stopCode: z.string().optional(),
    stoppedReason: z.string().default('no reason given'),
    containers: z.array(z.object({ exitCode: z.int().optional() })).default([]),
  }),
});

/** Stops by others of what had failed already. ECS has no stop code for a failed health check, only a reason. */
const CRASHES = [REAPED_BY_SCALER, 'Task failed container health checks'];

const REASON_CHARACTERS = 1_000;

export type TaskStopped = {
  /** The agent's ID: the last part of the ECS task's ARN. */
  readonly agentId: string;
  readonly service: string;
  readonly end: AgentEnd;
  readonly reason: string;
};

/** @throws ZodError if it's a different event. */
export function parseTaskStopped(event: unknown): TaskStopped {
  const { taskArn, group, stopCode, stoppedReason, containers } = taskStoppedSchema.parse(event).detail;
  const codes = containers.flatMap(({ exitCode }) => (exitCode === undefined ? [] : [exitCode]));
  return {
    agentId: taskArn.split('/').at(-1) ?? '',
    service: group.replace(/^service:/, ''),
    end: CRASHES.some((reason) => stoppedReason.startsWith(reason))
      ? 'crashed'
      : endOf(
          stopCode,
          containers.map(({ exitCode }) => exitCode),
        ),
    reason: cleanText(
      `${stoppedReason}${codes.length > 0 ? ` (exit code ${codes.join(', ')})` : ''}`,
      REASON_CHARACTERS,
    ),
  };
}

/**
 * An exit code means something only if the container exited on its own: one that was stopped and exceeded its stop
 * timeout exits with 137 too.
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
