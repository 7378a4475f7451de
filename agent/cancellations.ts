/** The tasks that run on this agent, each with a signal that aborts when somebody cancels it. */
export type Cancellations = {
  /** Call `done` when the task no longer runs. */
  begin(taskId: string): { readonly signal: AbortSignal; done(): void };
  /** Does nothing for a task that doesn't run here. */
  cancel(taskId: string): void;
};

export function createCancellations(): Cancellations {
  const running = new Map<string, AbortController>();
  return {
    begin(taskId) {
      const cancelled = new AbortController();
      running.set(taskId, cancelled);
      return { signal: cancelled.signal, done: () => void running.delete(taskId) };
    },
    cancel(taskId) {
      running.get(taskId)?.abort('cancelled');
    },
  };
}
