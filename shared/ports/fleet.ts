import type { FleetReading, FleetTask } from '../core/observation.ts';

/** The ECS service of one pool. */
export type Fleet = {
  read(): Promise<FleetReading>;
  setDesiredCount(count: number): Promise<void>;
  /** Lifts the scale-in protection of agents. Answers with those for which ECS refused. */
  unprotect(ids: readonly string[]): Promise<readonly { readonly id: string; readonly reason: string }[]>;
  /** All tasks of the service that run and are to, but those named. */
  tasks(except: ReadonlySet<string>): Promise<readonly FleetTask[]>;
  /** Stops a task whether or not it is protected: SIGTERM, then SIGKILL. ECS starts another one where one is desired. */
  stop(id: string, reason: string): Promise<void>;
};
