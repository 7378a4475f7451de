/** An agent's own scale-in protection, through the ECS agent. */
export type Protection = {
  /** False: ECS refused, because more ECS tasks are protected than desired. */
  protect(): Promise<boolean>;
  release(): Promise<void>;
};
