import type { FleetReading, FleetTask } from '../core/observation.ts';

/** The ECS service of one pool. */
export type Fleet = {
  read(): Promise<FleetReading>;
  setDesiredCount(count: number): Promise<void>;
  /** Removes the scale-in protection of agents. Returns those that ECS refused. */
  unprotect(ids: readonly string[]): Promise<readonly { readonly id: string; readonly reason: string }[]>;
  /** The service's running ECS tasks whose desired status is running, except those named. */
  tasks(except: ReadonlySet<string>): Promise<readonly FleetTask[]>;
  /**
   * Stops an ECS task even if it's protected: SIGTERM, then SIGKILL. ECS replaces it if the desired count requires it.
   */
  stop(id: string, reason: string): Promise<void>;
};
