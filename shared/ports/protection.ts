/** An agent's own scale-in protection, through the ECS agent. */
export type Protection = {
  /** False: ECS refused, because more tasks are protected than are desired. */
  protect(): Promise<boolean>;
  release(): Promise<void>;
};
