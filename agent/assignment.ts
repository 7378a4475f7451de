import type { Contexts } from '../shared/contexts/contexts.ts';
import type { PoolConfig } from '../shared/core/pool/config.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { ObjectStore } from '../shared/ports/object-store.ts';
import type { PoolStore } from '../shared/ports/pool-store.ts';
import type { QueueMessage, TaskQueue } from '../shared/ports/task-queue.ts';
import type { TaskStore } from '../shared/ports/task-store.ts';
import type { BegunAttempt } from '../shared/tasks/delivery.ts';
import type { TaskMessage } from '../shared/tasks/envelope.ts';
import type { Delegates } from './delegate.ts';
import type { AgentHandler } from './handler.ts';
import type { AgentLimits } from './limits/agent-limits.ts';

export type AttemptPorts = {
  readonly store: PoolStore;
  readonly queue: TaskQueue;
  readonly tasks: TaskStore;
  readonly contexts: Contexts;
  readonly objects: ObjectStore;
  /** Aborts when there is no time left for uploads. They end with an error then. */
  readonly uploads: AbortSignal;
  readonly clock: Clock;
  readonly delegates: Delegates;
  readonly limits: AgentLimits;
};

/** The first attempt at a task has waited in the queue. */
export type AttemptStart = { readonly attempt: number; readonly queueWaitMs: number | undefined };

export type Assignment = {
  readonly config: PoolConfig;
  readonly agentId: string;
  readonly handler: AgentHandler;
  readonly message: QueueMessage;
  readonly task: TaskMessage;
  /** Aborts when the message couldn't be kept invisible. */
  readonly lost: AbortSignal;
  /** Aborts when the agent has to stop. */
  readonly stopping: AbortSignal;
  /** Aborts when somebody cancels the task, with the reason `cancelled`. */
  readonly cancelled: AbortSignal;
  readonly onStart: (start: AttemptStart) => void;
};

/** What each step of an attempt works with. */
export type Step = {
  readonly ports: AttemptPorts;
  readonly assignment: Assignment;
  readonly attempt: BegunAttempt;
};
