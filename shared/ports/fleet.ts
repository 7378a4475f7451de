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

/** A deployment of a service. */
export type DeploymentRef = { readonly id: string; readonly createdAtMs: number };

/** How far a deployment has come. */
export type DeploymentReading =
  | {
      readonly kind: 'in-progress';
      readonly desired: number;
      readonly running: number;
      readonly pending: number;
      /** Consecutive failures; too many fail the deployment. */
      readonly failed: number;
    }
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly reason: string }
  /** A later deployment has taken over. */
  | { readonly kind: 'overtaken' }
  /** ECS doesn't show it, and an earlier one is in force: it isn't there yet, or was rolled back. */
  | { readonly kind: 'unknown' };

/** The deployments of one pool's service: for operators. The scaler starts none. */
export type Deployments = {
  /** Starts a deployment that changes nothing, so that ECS replaces every agent. */
  deploy(): Promise<DeploymentRef>;
  readDeployment(deployment: DeploymentRef): Promise<DeploymentReading>;
};
