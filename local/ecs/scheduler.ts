import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import type { Service, StopCode, Task } from './model.ts';
import { startProcess } from './task-process.ts';

export type SchedulerOptions = {
  /** Time until a requested task's process starts: simulates placement, image pull and container start. */
  readonly startDelayMs: number;
  /** Time until a service reacts to surplus tasks. */
  readonly scaleInDelayMs: number;
  readonly workingDirectory: string;
  readonly logDirectory: string;
};

const ZONES = ['local-a', 'local-b'];

/**
 * Keeps each service at its desired count: starts missing tasks, replaces exited ones and stops surplus ones. Like ECS,
 * it never stops a protected task to scale in. Among the others, it starts with the fullest availability zone, whatever
 * they're doing. Deployments are rolling, with 100 % to 200 % of the desired count healthy: new tasks start first, and old
 * ones stop as they become unprotected.
 */
export function createScheduler(
  options: SchedulerOptions,
  environment: (taskId: string) => Readonly<Record<string, string>>,
) {
  const tasks = new Map<string, Task>();
  const timers = new Set<NodeJS.Timeout>();
  const events = new EventEmitter<{ change: [Task] }>();
  let closed = false;

  function reconcile(service: Service): void {
    if (closed) return;
    const { current, old } = wantedTasks(service);
    const room = 2 * service.desiredCount - current.length - old.length;
    const missing = Math.min(service.desiredCount - current.length, room);
    for (let started = 0; started < missing; started++) start(service);
    if (current.length + old.length > service.desiredCount) {
      after(options.scaleInDelayMs, () => scaleIn(service));
    }
  }

  function scaleIn(service: Service): void {
    const { current, old } = wantedTasks(service);
    const running = [...current, ...old].filter((task) => task.lastStatus === 'RUNNING').length;
    stopSome(service, old, running - service.desiredCount);
    stopSome(service, current, current.length - service.desiredCount);
  }

  /** Tasks with desired status RUNNING, of the latest deployment and of earlier ones. */
  function wantedTasks(service: Service) {
    const wanted = tasksOf(service).filter((task) => task.desiredStatus === 'RUNNING');
    return {
      current: wanted.filter((task) => task.taskDefinition === service.taskDefinition),
      old: wanted.filter((task) => task.taskDefinition !== service.taskDefinition),
    };
  }

  function stopSome(service: Service, candidates: readonly Task[], count: number): void {
    for (const task of unprotectedTasks(candidates).slice(0, Math.max(0, count))) {
      stop(
        task,
        'ServiceSchedulerInitiated',
        `Scaling activity initiated by (deployment ${service.deploymentId})`,
      );
    }
  }

  function start(service: Service): void {
    const id = randomUUID().replaceAll('-', '');
    const inZone = (zone: string) => tasksOf(service).filter((task) => task.availabilityZone === zone).length;
    const [zone = 'local-a'] = ZONES.toSorted((a, b) => inZone(a) - inZone(b));
    const task: Task = {
      id,
      arn: `arn:aws:ecs:us-east-1:000000000000:task/${service.cluster.name}/${id}`,
      service,
      taskDefinition: service.taskDefinition,
      availabilityZone: zone,
      createdAtMs: Date.now(),
      lastStatus: 'PENDING',
      desiredStatus: 'RUNNING',
    };
    tasks.set(id, task);
    events.emit('change', task);
    after(options.startDelayMs, () => run(task));
  }

  function run(task: Task): void {
    // It was stopped before it ran.
    if (task.lastStatus === 'STOPPED') return;
    task.process = startProcess({
      container: task.taskDefinition.container,
      environment: environment(task.id),
      workingDirectory: options.workingDirectory,
      logFile: join(options.logDirectory, `agent-${task.id}.log`),
      onExit: (code, signal) => ended(task, code ?? (signal === 'SIGKILL' ? 137 : 143)),
    });
    task.lastStatus = 'RUNNING';
    task.startedAtMs = Date.now();
    events.emit('change', task);
    // During a deployment, an old task can stop now.
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
    task.desiredStatus = 'STOPPED';
    task.lastStatus = 'STOPPED';
    task.stopCode ??= 'EssentialContainerExited';
    task.stoppedReason ??= 'Essential container in task exited';
    task.stoppedAtMs = Date.now();
    if (exitCode !== undefined) task.exitCode = exitCode;
    delete task.protectedUntilMs;
    events.emit('change', task);
    reconcile(task.service);
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

  return {
    tasks,
    tasksOf,
    events,
    reconcile,
    stop,
    /** Protects a task until `untilMs`, or removes its protection, after which a surplus task can stop. */
    protect(task: Task, untilMs: number | undefined): void {
      if (untilMs === undefined) delete task.protectedUntilMs;
      else {
        task.protectedUntilMs = untilMs;
        after(untilMs - Date.now() + 1, () => reconcile(task.service));
      }
      reconcile(task.service);
    },
    /** Kills all tasks immediately. */
    async close(): Promise<void> {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      const running = [...tasks.values()].filter((task) => task.process && task.lastStatus !== 'STOPPED');
      for (const task of running) task.process?.kill('SIGKILL');
      while (running.some((task) => task.lastStatus !== 'STOPPED')) {
        await new Promise((resolve) => events.once('change', resolve));
      }
    },
  };
}

export type Scheduler = ReturnType<typeof createScheduler>;

export function isProtected(task: Task, nowMs: number): boolean {
  return task.protectedUntilMs !== undefined && task.protectedUntilMs > nowMs;
}

/** Unprotected tasks in the order in which ECS stops them: fullest zone first, then oldest first. */
function unprotectedTasks(tasks: readonly Task[]): readonly Task[] {
  const nowMs = Date.now();
  const left = tasks
    .filter((task) => !isProtected(task, nowMs))
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs);
  const remaining = [...tasks];
  const order: Task[] = [];
  while (left.length > 0) {
    const fullness = (task: Task) =>
      remaining.filter((other) => other.availabilityZone === task.availabilityZone).length;
    const [next] = left.toSorted((a, b) => fullness(b) - fullness(a));
    if (!next) break;
    order.push(next);
    left.splice(left.indexOf(next), 1);
    remaining.splice(remaining.indexOf(next), 1);
  }
  return order;
}
