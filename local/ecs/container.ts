import { join } from 'node:path';
import { watchHealth } from './health-check.ts';
import type { HealthStatus, Task } from './model.ts';
import { containerEnvironment, startProcess, type TaskProcess } from './task-process.ts';

export type ContainerOptions = {
  readonly workingDirectory: string;
  readonly logDirectory: string;
  /** How long a second of a health check takes. Default: a second. */
  readonly healthCheckSecondMs?: number;
};

type Callbacks = {
  readonly onExit: (exitCode: number) => void;
  readonly onHealth: (status: HealthStatus) => void;
};

/** Starts a task's container, and its health check if it has one. */
export function startContainer(
  task: Task,
  added: Readonly<Record<string, string | undefined>>,
  {
    onExit,
    onHealth,
    workingDirectory,
    logDirectory,
    healthCheckSecondMs = 1000,
  }: ContainerOptions & Callbacks,
): TaskProcess {
  const { container } = task.deployment.taskDefinition;
  const environment = containerEnvironment(container, added);
  const process = startProcess({
    container,
    environment,
    workingDirectory,
    logFile: join(logDirectory, `agent-${task.id}.log`),
    onExit(code, signal) {
      unwatch();
      onExit(code ?? (signal === 'SIGKILL' ? 137 : 143));
    },
  });
  const unwatch =
    container.healthCheck && process.pid !== undefined
      ? watchHealth({
          check: container.healthCheck,
          environment,
          workingDirectory,
          secondMs: healthCheckSecondMs,
          onChange: onHealth,
        })
      : () => {};
  return {
    ...process,
    stop() {
      unwatch();
      process.stop();
    },
  };
}
