import { EventEmitter, once } from 'node:events';
import { createBackOff } from './back-off.ts';
import { type ContainerOptions, startContainer } from './container.ts';
import { completeIfDone, taskFailed, taskSucceeded } from './deployments.ts';
import { createInstances } from './instances.ts';
import {
  type HealthStatus,
  type Instance,
  isHealthy,
  primaryOf,
  type Service,
  type StopCode,
  type Task,
} from './model.ts';
import { newTask, whyStopped } from './new-task.ts';
import { createPlacement } from './placement.ts';
import { unprotectedTasks } from './stop-order.ts';

export type SchedulerOptions = ContainerOptions & {
  /** Time until a requested task's process starts: simulates placement, image pull and container start. */
  readonly startDelayMs: number;
  /** Time until a service reacts to surplus tasks. */
  readonly scaleInDelayMs: number;
};

/**
 * Keeps each service at its desired count: starts missing tasks, replaces exited and unhealthy ones, and stops surplus
 * ones. Like ECS, it never stops a protected task to scale in. Among the others, it starts with the fullest
 * availability zone, whatever they're doing. Deployments are rolling, with 100 % to 200 % of the desired count healthy:
 * new tasks start first, and old ones stop as they become unprotected.
 */
export function createScheduler(
  options: SchedulerOptions,
  environment: (task: Task) => Readonly<Record<string, string | undefined>>,
) {
  const tasks = new Map<string, Task>();
  const timers = new Set<NodeJS.Timeout>();
  const events = new EventEmitter<{ change: [Task] }>();
  const placement = createPlacement(run);
  const instances = createInstances(tasks);
  const backOff = createBackOff();
  let closed = false;

  function reconcile(service: Service): void {
    if (closed) return;
    completeIfDone(service, wantedTasks(service));
    startMissing(service);
    const { current, old } = byDeployment(service);
    if (old.length > 0 || current.length > service.desiredCount) {
      after(options.scaleInDelayMs, () => scaleIn(service));
    }
  }

  function startMissing(service: Service): void {
    // "A deployment in FAILED state doesn't launch any new tasks."
    if (primaryOf(service).rolloutState === 'FAILED') return;
    const { current, old } = byDeployment(service);
    const room = 2 * service.desiredCount - current.length - old.length;
    const missing = Math.min(service.desiredCount - current.length, room);
    for (let started = 0; started < missing; started++) start(service);
  }

  /** Old tasks that aren't healthy can stop at once: the service has no fewer healthy ones without them. */
  function scaleIn(service: Service): void {
    const { current, old } = byDeployment(service);
    const healthy = wantedTasks(service).filter(isHealthy).length;
    const unhealthy = old.filter((task) => !isHealthy(task));
    stopSome(service, unhealthy, unhealthy.length);
    stopSome(service, old.filter(isHealthy), healthy - service.desiredCount);
    stopSome(service, current, current.length - service.desiredCount);
  }

  /** Tasks with desired status RUNNING. */
  function wantedTasks(service: Service): Task[] {
    return tasksOf(service).filter((task) => task.desiredStatus === 'RUNNING');
  }

  /**
   * Tasks with desired status RUNNING, of the PRIMARY deployment, and those to be replaced: of the others, or on an
   * instance that drains, for which the same percentages hold.
   */
  function byDeployment(service: Service) {
    const { current = [], old = [] } = Object.groupBy(wantedTasks(service), ({ deployment, instance }) =>
      deployment === primaryOf(service) && instance?.status !== 'DRAINING' ? 'current' : 'old',
    );
    return { current, old };
  }

  function stopSome(service: Service, candidates: readonly Task[], count: number): void {
    for (const task of unprotectedTasks(candidates).slice(0, Math.max(0, count))) {
      stop(
        task,
        'ServiceSchedulerInitiated',
        `Scaling activity initiated by (deployment ${primaryOf(service).id})`,
      );
    }
  }

  function start(service: Service): void {
    const task = newTask(service, tasksOf(service));
    instances.place(task);
    tasks.set(task.id, task);
    events.emit('change', task);
    after(options.startDelayMs * backOff.factor(service), () => placement.place(task));
  }

  function run(task: Task): void {
    // It was stopped before it ran.
    if (task.lastStatus === 'STOPPED') return;
    task.process = startContainer(task, environment(task), {
      ...options,
      onExit: (exitCode) => ended(task, exitCode),
      onHealth: (status) => becomes(task, status),
    });
    // It can't be started. `onExit` follows.
    if (task.process.pid === undefined) return;
    task.lastStatus = 'RUNNING';
    task.startedAtMs = Date.now();
    events.emit('change', task);
    if (isHealthy(task)) taskSucceeded(task);
    // During a deployment, an old task can stop now.
    reconcile(task.service);
  }

  function becomes(task: Task, status: HealthStatus): void {
    task.healthStatus = status;
    events.emit('change', task);
    if (status === 'HEALTHY') taskSucceeded(task);
    else {
      stop(task, 'ServiceSchedulerInitiated', 'Task failed container health checks');
      taskFailed(task);
    }
    reconcile(task.service);
  }

  function stop(task: Task, stopCode: StopCode, stoppedReason: string): void {
    if (task.desiredStatus === 'STOPPED') return;
    task.desiredStatus = 'STOPPED';
    task.stopCode = stopCode;
    task.stoppedReason = stoppedReason;
    task.stoppingAtMs = Date.now();
    if (!task.process) {
      ended(task, undefined);
      return;
    }
    task.lastStatus = 'STOPPING';
    events.emit('change', task);
    task.process.stop();
  }

  function ended(task: Task, exitCode: number | undefined): void {
    const [stopCode, reason] = whyStopped(task);
    task.desiredStatus = 'STOPPED';
    task.lastStatus = 'STOPPED';
    task.stopCode ??= stopCode;
    task.stoppedReason ??= reason;
    task.stoppedAtMs = Date.now();
    if (exitCode !== undefined) task.exitCode = exitCode;
    delete task.protectedUntilMs;
    backOff.ended(task);
    events.emit('change', task);
    if (task.stopCode === 'TaskFailedToStart') taskFailed(task);
    reconcile(task.service);
  }

  /** "Any tasks that are part of a service that are in a PENDING state are stopped immediately." */
  function drain(instance: Instance): void {
    const placed = instances.tasksOn(instance);
    for (const task of placed.filter(({ lastStatus }) => lastStatus === 'PENDING'))
      stop(task, 'ServiceSchedulerInitiated', 'The container instance is draining');
    for (const service of new Set(placed.map((task) => task.service))) reconcile(service);
  }

  function tasksOf(service: Service): Task[] {
    return [...tasks.values()].filter((task) => task.service === service);
  }

  function after(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!closed) action();
    }, ms);
    timers.add(timer);
  }

  async function allStopped(): Promise<void> {
    const isRunning = (task: Task) => task.process !== undefined && task.lastStatus !== 'STOPPED';
    while ([...tasks.values()].some(isRunning)) await once(events, 'change');
  }

  return {
    tasks,
    tasksOf,
    instances,
    drain,
    events,
    reconcile,
    stop,
    withhold: placement.withhold,
    /** Protects a task until `untilMs`, or removes its protection, after which a surplus task can stop. */
    protect(task: Task, untilMs: number | undefined): void {
      if (untilMs === undefined) delete task.protectedUntilMs;
      else {
        task.protectedUntilMs = untilMs;
        after(untilMs - Date.now() + 1, () => reconcile(task.service));
      }
      reconcile(task.service);
    },
    /** Stops all tasks, and starts no others. */
    async stopAll(): Promise<void> {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      for (const task of tasks.values()) stop(task, 'UserInitiated', 'The cluster is being deleted');
      await allStopped();
    },
    /** Kills all tasks immediately. */
    async close(): Promise<void> {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      const running = [...tasks.values()].filter((task) => task.process && task.lastStatus !== 'STOPPED');
      for (const task of running) task.process?.kill('SIGKILL');
      await allStopped();
    },
  };
}

export type Scheduler = ReturnType<typeof createScheduler>;
