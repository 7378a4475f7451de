import type { FleetReading } from '../../shared/core/observation.ts';
import type { DeploymentReading, DeploymentRef, Deployments, Fleet } from '../../shared/ports/fleet.ts';
import type { Protection } from '../../shared/ports/protection.ts';
import type { Engine } from '../engine.ts';
import { type FaultSource, NO_FAULTS } from './faults.ts';
import { checkDesiredCount } from './limits.ts';

/** Why ECS stopped a task. */
export type StopCode =
  | 'ServiceSchedulerInitiated'
  | 'SpotInterruption'
  | 'UserInitiated'
  | 'EssentialContainerExited';

export type EcsTask = {
  readonly id: string;
  readonly revision: string;
  readonly deployment: DeploymentRef;
  readonly createdAtMs: number;
  status: 'pending' | 'running' | 'stopping' | 'stopped';
  protectedUntilMs: number;
  /** Its instance is draining. */
  isLeaving?: boolean;
  runningSinceMs?: number;
  stoppedAtMs?: number;
  stopCode?: StopCode;
  container?: Container;
};

/** What runs in a task: it's asked to stop, or killed. Calls `exited` when it ends by itself. */
export type Container = { sigterm(): void; kill(): void; isFrozen(): boolean };

export type Callbacks = {
  /** Starts what runs in a task. */
  run(task: EcsTask, exited: () => void): Container;
  /** ECS is about to stop a running task by its own choice. */
  stopping(task: EcsTask): void;
  stopped(task: EcsTask): void;
};

const STOP_TIMEOUT_MS = 20_000;
const PROTECTION_MS = 15 * 60_000;

export type ServiceOptions = {
  readonly desired: number;
  /** From creating a task to running it, on Fargate: the least and the most. */
  readonly placementMs?: readonly [number, number];
  readonly faults?: FaultSource;
};

/** A service of ECS: it places what is desired after a while, and stops what is too much, but not what is protected. */
export class EcsService {
  desired: number;
  revision = 'agents:1';
  deployment: DeploymentRef;
  readonly tasks: EcsTask[] = [];
  private count = 0;
  private shown: FleetReading | undefined;
  private shownAtMs = 0;
  private noCapacityUntilMs = 0;
  private readonly engine: Engine;
  private readonly faults: FaultSource;
  private readonly placementMs: readonly [number, number];
  private readonly callbacks: Callbacks;

  constructor(
    engine: Engine,
    callbacks: Callbacks,
    { desired, placementMs = [15_000, 50_000], faults = NO_FAULTS }: ServiceOptions,
  ) {
    this.engine = engine;
    this.faults = faults;
    this.placementMs = placementMs;
    this.callbacks = callbacks;
    this.desired = desired;
    this.deployment = { id: 'deployment-1', createdAtMs: engine.nowMs };
  }

  get live(): readonly EcsTask[] {
    return this.tasks.filter(({ status }) => status === 'pending' || status === 'running');
  }

  /** All that ran, and still runs. */
  agentSeconds(): number {
    const { nowMs } = this.engine;
    const seconds = ({ runningSinceMs, stoppedAtMs = nowMs }: EcsTask) =>
      runningSinceMs === undefined ? 0 : (stoppedAtMs - runningSinceMs) / 1000;
    return this.tasks.reduce((sum, task) => sum + seconds(task), 0);
  }

  fleet(): Fleet & Deployments {
    return {
      read: async () => this.read(),
      setDesiredCount: async (count) => {
        checkDesiredCount(count);
        this.engine.log(`ecs: desired count ${this.desired} → ${count}`);
        this.desired = count;
        this.reconcileSoon();
      },
      deploy: async () => this.deploy(),
      readDeployment: async (deployment) => this.readDeployment(deployment),
      unprotect: async (ids) => {
        for (const task of this.tasks) if (ids.includes(task.id)) task.protectedUntilMs = 0;
        this.reconcileSoon();
        return [];
      },
      tasks: async (except) =>
        this.live
          .filter(({ id }) => !except.has(id))
          .flatMap(({ id, runningSinceMs: startedAtMs }) =>
            startedAtMs === undefined ? [] : [{ id, startedAtMs }],
          ),
      stop: async (id, reason) => {
        const task = this.live.find((each) => each.id === id);
        if (!task) return;
        this.engine.log(`${id} is reaped: ${reason}`);
        this.stop(task, 'UserInitiated');
      },
    };
  }

  protection(task: EcsTask): Protection {
    return {
      protect: async () => {
        const { nowMs } = this.engine;
        const others = this.live.filter((each) => each !== task && each.protectedUntilMs > nowMs);
        if (task.protectedUntilMs <= nowMs && others.length >= this.desired) return false;
        if (task.status !== 'running') return false;
        task.protectedUntilMs = nowMs + PROTECTION_MS;
        return true;
      },
      release: async () => {
        task.protectedUntilMs = 0;
        this.reconcileSoon();
      },
    };
  }

  /** Starts a deployment, of a new revision or of the same one. */
  deploy(revision: string = this.revision): DeploymentRef {
    const count = Number(this.deployment.id.split('-')[1]) + 1;
    this.revision = revision;
    this.deployment = { id: `deployment-${count}`, createdAtMs: this.engine.nowMs };
    this.engine.log(`ecs: ${this.deployment.id} of ${revision}`);
    this.reconcileSoon();
    return this.deployment;
  }

  /** Drains the instance of some tasks: each is replaced as in a deployment, and a protected one stays so far. */
  drain(tasks: readonly EcsTask[]): void {
    for (const task of tasks) {
      task.isLeaving = true;
      this.engine.log(`ecs: the instance of ${task.id} drains`);
    }
    this.reconcileSoon();
  }

  /** Neither of an old deployment nor on an instance that drains. */
  isCurrent({ deployment, isLeaving }: EcsTask): boolean {
    return deployment === this.deployment && isLeaving !== true;
  }

  /** Every so often, and after each change. */
  reconcileSoon(): void {
    this.engine.after(this.engine.chance.between('ecs', 500, 5_000), () => this.reconcile());
  }

  stop(task: EcsTask, stopCode: StopCode): void {
    if (task.status === 'stopping' || task.status === 'stopped') return;
    const wasRunning = task.status === 'running';
    task.stopCode = stopCode;
    task.status = 'stopping';
    if (!wasRunning) {
      this.end(task);
      return;
    }
    // ECS cannot see whether an agent that does not answer is stalled or gone.
    const isFrozen = task.container?.isFrozen() ?? false;
    if (stopCode === 'ServiceSchedulerInitiated' || (stopCode === 'UserInitiated' && !isFrozen)) {
      this.callbacks.stopping(task);
    }
    this.engine.log(`ecs: stops ${task.id} (${stopCode})`);
    task.container?.sigterm();
    this.engine.after(STOP_TIMEOUT_MS, () => this.kill(task));
  }

  /** Ends a task at once, as a crash of its machine does. */
  kill(task: EcsTask): void {
    if (task.status === 'stopped') return;
    task.container?.kill();
    task.stopCode ??= 'EssentialContainerExited';
    this.end(task);
  }

  private reconcile(): void {
    const { live } = this;
    const current = live.filter((task) => this.isCurrent(task));
    const old = live.filter((task) => !this.isCurrent(task));
    const room = 2 * this.desired - live.length;
    for (let missing = Math.min(this.desired - current.length, room); missing > 0; missing--) this.start();
    const running = live.filter(({ status }) => status === 'running').length;
    this.stopSome(old, running - this.desired);
    this.stopSome(current, current.length - this.desired);
  }

  private stopSome(tasks: readonly EcsTask[], count: number): void {
    const free = tasks.filter(({ protectedUntilMs }) => protectedUntilMs <= this.engine.nowMs);
    for (const task of free.slice(0, Math.max(0, count))) this.stop(task, 'ServiceSchedulerInitiated');
  }

  private start(): void {
    this.count += 1;
    const id = `agent-${this.count}`;
    const task: EcsTask = {
      id,
      revision: this.revision,
      deployment: this.deployment,
      createdAtMs: this.engine.nowMs,
      status: 'pending',
      protectedUntilMs: 0,
    };
    this.tasks.push(task);
    this.place(task);
  }

  private place(task: EcsTask): void {
    if (this.faults.strikes('not placed', 0.01)) {
      this.noCapacityUntilMs = this.engine.nowMs + this.engine.chance.between('no capacity', 60_000, 300_000);
      this.engine.log('fault: ECS has no capacity for a while');
    }
    const isNeverPlaced = this.faults.strikes('never placed', 0.02);
    if (isNeverPlaced) this.engine.log(`fault: ${task.id} is not placed while others run`);
    const earliest = this.faults.isOver ? 0 : Math.max(0, this.noCapacityUntilMs - this.engine.nowMs);
    const start = () => {
      if (task.status !== 'pending') return;
      const othersRun = this.tasks.some(({ status }) => status === 'running');
      if (isNeverPlaced && this.desired > 1 && othersRun) {
        this.engine.after(60_000, start);
        return;
      }
      task.status = 'running';
      task.runningSinceMs = this.engine.nowMs;
      task.container = this.callbacks.run(task, () => this.exited(task));
      this.reconcileSoon();
    };
    this.engine.after(earliest + this.engine.chance.between('placement', ...this.placementMs), start);
  }

  private exited(task: EcsTask): void {
    if (task.status === 'stopped') return;
    task.stopCode ??= 'EssentialContainerExited';
    this.end(task);
  }

  private end(task: EcsTask): void {
    task.status = 'stopped';
    task.stoppedAtMs = this.engine.nowMs;
    task.protectedUntilMs = 0;
    this.engine.log(`ecs: ${task.id} has stopped (${task.stopCode})`);
    this.callbacks.stopped(task);
    this.reconcileSoon();
  }

  private readDeployment({ id }: DeploymentRef): DeploymentReading {
    if (id !== this.deployment.id) return { kind: 'overtaken' };
    const { live, desired } = this;
    const count = (status: EcsTask['status']) =>
      live.filter((task) => this.isCurrent(task) && task.status === status).length;
    const running = count('running');
    return running === desired && live.length === desired
      ? { kind: 'completed' }
      : { kind: 'in-progress', desired, running, pending: count('pending'), failed: 0 };
  }

  /** What DescribeServices shows may be some seconds old. */
  private read(): FleetReading {
    const isStale =
      this.shown && this.engine.nowMs - this.shownAtMs < 20_000 && this.faults.strikes('stale service', 0.1);
    if (!isStale || !this.shown) {
      const running = this.tasks.filter(({ status }) => status === 'running').length;
      const pending = this.tasks.filter(({ status }) => status === 'pending').length;
      this.shown = {
        desired: this.desired,
        running,
        pending,
        revision: this.revision,
        deployedAtMs: this.deployment.createdAtMs,
        leaving: this.live.filter(({ isLeaving }) => isLeaving).map(({ id }) => id),
      };
      this.shownAtMs = this.engine.nowMs;
    }
    return this.shown;
  }
}
