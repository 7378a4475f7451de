import type { AgentHandler } from '../../agent/handler.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { receivesOf } from '../../shared/core/pool/receives.ts';
import type { Protection } from '../../shared/ports/protection.ts';
import type { TaskQueue } from '../../shared/ports/task-queue.ts';
import { cancelTask } from '../../shared/runtime/cancel-task.ts';
import { closeRecord } from '../../shared/runtime/close-record.ts';
import { memoryContexts } from '../aws/context-stores.ts';
import { DynamoRecords } from '../aws/dynamo-records.ts';
import { type Container, EcsService, type EcsTask } from '../aws/ecs-service.ts';
import { SqsQueue } from '../aws/sqs-queue.ts';
import { Engine, Process } from '../engine.ts';
import { clientOf, type Network, type Services, startAgent } from '../production.ts';
import { type Fault, Faults, remote } from './calls.ts';
import { Invariants, type Turn } from './invariants.ts';
import { bringMisfortune } from './misfortune.ts';
import {
  AWAY_SECONDS,
  conversationsOf,
  FAULTS_SECONDS,
  LIMIT,
  POISONED,
  poolOf,
  STAYS_WELL_SECONDS,
  TASKS_SECONDS,
  WELL_WITHIN_SECONDS,
} from './pool-of-seed.ts';
import { runReconciler, runSchedules } from './schedules.ts';

/** As the usual SDKs throw it. */
class TooManyRequests extends Error {
  readonly status = 429;
  readonly headers = { 'retry-after': '3' };
}

/** One pool with its agents, its scaler and its clients, under faults that come from the seed. */
export class Scenario {
  readonly engine: Engine;
  readonly faults: Faults;
  private readonly records = new DynamoRecords();
  private readonly stored = memoryContexts(() => this.engine.nowMs);
  private readonly queue: SqsQueue;
  private readonly service: EcsService;
  /** Tasks whose sending was confirmed, in order, and what conversation each is a turn of. */
  private readonly accepted: Turn[] = [];
  private readonly poisoned = new Set<string>();
  /** Agents inside handlers, with their tasks. */
  private readonly working = new Map<string, Set<string>>();
  private readonly config: PoolConfig;
  private readonly conversations: number;
  private readonly checks: Invariants;
  private readonly forget: (() => void)[] = [];
  private readonly services: Services;
  private readonly network: Network;
  /** How much longer this run takes, because its scaler is away meanwhile. */
  private readonly awaySeconds: number;
  private wellSince: number | undefined;
  sent = 0;

  constructor(seed: number, without: readonly Fault[] = []) {
    this.config = poolOf(seed);
    this.conversations = conversationsOf(seed);
    this.engine = new Engine(seed);
    this.faults = new Faults(this.engine, without);
    this.engine.skewMs = () => this.skewMs();
    this.awaySeconds = this.faults.strikes('scaler away', 0.01) ? AWAY_SECONDS : 0;
    const { ordering } = this.config;
    const maxReceives = receivesOf(this.config);
    this.queue = new SqsQueue(this.engine, { ordering, maxReceives, faults: this.faults });
    this.service = new EcsService(
      this.engine,
      {
        run: (task, exited) => this.runContainer(task, exited),
        stopping: (task) => this.checks.stop(task),
        stopped: (task) => this.publishStopped(task),
      },
      { desired: 1, faults: this.faults },
    );
    const { config, engine, records, queue, service, stored, accepted, working } = this;
    this.services = { config, queue, records, service, contexts: stored };
    this.network = (process) => (name, port, atOnce) => {
      const made = remote({ engine, faults: this.faults, process }, name, port);
      return atOnce === undefined ? made : { ...made, [atOnce]: port[atOnce] };
    };
    this.checks = new Invariants(this.config, { engine, records, queue, service, stored, accepted, working });
    this.service.reconcileSoon();
    const { faults, services, network, checks } = this;
    const scheduled = { engine, faults, services, network, checks, awaySeconds: this.awaySeconds };
    runSchedules(scheduled);
    runReconciler(scheduled);
    this.send();
    bringMisfortune({ engine, faults, services, checks });
  }

  /** @throws Violation of the first invariant that does not hold. */
  async run(): Promise<void> {
    const isOver = () => this.checks.violation !== undefined;
    await this.engine.runUntil(FAULTS_SECONDS + this.awaySeconds, isOver);
    this.faults.isOver = true;
    this.records.overrides = { mode: { kind: 'automatic' } };
    this.engine.log('faults are over');
    const tasksEndAt = TASKS_SECONDS + this.awaySeconds;
    await this.engine.runUntil(tasksEndAt, isOver);
    const until = tasksEndAt + WELL_WITHIN_SECONDS + this.awaySeconds;
    await this.engine.runUntil(until, () => isOver() || this.staysWell());
    await this.checks.end();
  }

  /** A pool whose agents come and go is well for moments. */
  private staysWell(): boolean {
    if (!this.checks.isWell()) this.wellSince = undefined;
    else this.wellSince ??= this.engine.seconds;
    return this.wellSince !== undefined && this.engine.seconds - this.wellSince >= STAYS_WELL_SECONDS;
  }

  /** Frees what killed agents wait for: the runtime keeps signals that have listeners, and whole worlds with them. */
  close(): void {
    for (const forget of this.forget) forget();
  }

  /** Seconds; seldom a minute. */
  private skewMs(): number {
    const usual = this.engine.chance.between('skew', -2_000, 2_000);
    return this.faults.strikes('clock off', 0.01) ? 30 * usual : usual;
  }

  // --- Clients ---------------------------------------------------------------------------------------------------

  private send(): void {
    const pause = this.engine.chance.between(
      'arrivals',
      1_000,
      this.engine.seconds % 300 < 60 ? 4_000 : 50_000,
    );
    this.engine.after(pause, () => {
      if (this.engine.seconds > TASKS_SECONDS + this.awaySeconds) return;
      this.sendOne();
      this.send();
    });
  }

  private sendOne(): void {
    this.sent += 1;
    const id = `task-${this.sent}`;
    if (this.engine.chance.happens('poisoned', POISONED)) this.poisoned.add(id);
    const contextId = `c${Math.floor(this.engine.chance('conversation') * this.conversations)}`;
    const process = new Process(this.engine, 'client');
    const client = clientOf(this.services, { process, network: this.network });
    client.sendTask({ id, contextId, payload: id }).then(
      () => void this.accepted.push({ id, contextId }),
      // It may have been sent all the same.
      () => {},
    );
    if (this.faults.strikes('task cancelled', 0.03)) this.cancelSoon(id);
  }

  /** While it's queued, while it runs, or after it has ended. */
  private cancelSoon(id: string): void {
    this.engine.after(this.engine.chance.between('cancelled after', 0, 60_000), () => {
      const process = new Process(this.engine, 'operator');
      const reach = this.network(process);
      const { records } = this.services;
      const tasks = reach('table', records.taskStore());
      const store = reach('table', records.poolStore());
      cancelTask({ tasks, store, clock: process.clock }, id, 'an operator').then(
        ({ kind }) => this.engine.log(`${id} is cancelled: ${kind}`),
        () => {},
      );
    });
  }

  // --- Agents ----------------------------------------------------------------------------------------------------

  private runContainer(task: EcsTask, exited: () => void): Container {
    const process = new Process(this.engine, task.id, () => this.service.kill(task));
    const agent = startAgent(
      this.services,
      { process, network: this.mayNotReceive(process, this.network), task },
      {
        handler: this.handler(task, process),
        protection: (protection) => this.mayHang(task, protection),
        started: (id, queueWaitMs) => this.checks.started(id, queueWaitMs),
        attempted: (id, outcome) => {
          // A handler that is stuck goes on, but its task has been taken from it.
          this.working.get(task.id)?.delete(id);
          const why = outcome.kind === 'failed' ? ` (${outcome.reason})` : '';
          this.engine.log(`${task.id}: ${id} ${outcome.kind}${why}`);
        },
        ended: (reason) => {
          if (process.isAlive) this.engine.log(`${task.id} ends: ${reason}`);
          this.working.delete(task.id);
          exited();
        },
      },
    );
    this.forget.push(agent.forget);
    return {
      ...agent,
      kill: () => {
        agent.kill();
        this.working.delete(task.id);
      },
    };
  }

  /** An agent whose receives never return, from some time on. */
  private mayNotReceive(process: Process, network: Network): Network {
    if (!this.faults.strikes('receive hangs', 0.03)) return network;
    const fromSeconds = this.engine.seconds + this.engine.chance.between('hangs from', 0, 300);
    return (caller) => (service, port, atOnce) => {
      const reached = network(caller)(service, port, atOnce);
      if (service !== 'sqs') return reached;
      const { receive } = reached as unknown as TaskQueue;
      const hanging: TaskQueue['receive'] = async (...poll) => {
        if (this.engine.seconds < fromSeconds) return receive(...poll);
        this.engine.log(`fault: ${process.name} hangs in a receive`);
        return new Promise(() => {});
      };
      return { ...reached, receive: hanging };
    };
  }

  /** An agent that gives up its protection may hang in it. */
  private mayHang(task: EcsTask, protection: Protection): Protection {
    return {
      ...protection,
      release: async () => {
        await protection.release();
        if (!this.faults.strikes('protection hangs', 0.05)) return;
        this.engine.log(`fault: ${task.id} hangs when it gives up its protection`);
        await new Promise(() => {});
      },
    };
  }

  /** A turn adds its task to what the conversation holds. */
  private handler(agent: EcsTask, process: Process): AgentHandler {
    return async (task, context, { signal, progress, acquire }) => {
      const { turns = [] } = (context ?? {}) as { turns?: string[] };
      const tasks = this.working.get(agent.id) ?? new Set();
      this.working.set(agent.id, tasks.add(task.id));
      this.checks.works(agent.id, tasks.size);
      try {
        progress({ attempt: task.attempt });
        if (this.config.limits.length > 0) await acquire(LIMIT);
        if (this.faults.strikes('model refuses', 0.02)) throw new TooManyRequests();
        const slow = this.faults.strikes('handler slow', 0.03) ? 10 : 1;
        if (this.faults.strikes('handler hangs', 0.02)) {
          this.engine.log(`fault: ${agent.id} hangs in ${task.id}`);
          await new Promise(() => {});
        }
        await process.clock.sleep(this.engine.chance.between('work', 1_000, 15_000) * slow, signal);
        signal.throwIfAborted();
        if (this.poisoned.has(task.id) || this.faults.strikes('handler throws', 0.05))
          throw new Error('\u001B[31mthe handler failed\u001B[0m\u0000');
        return { result: turns.length, context: { turns: [...turns, task.id] } };
      } finally {
        tasks.delete(task.id);
      }
    };
  }

  private publishStopped(task: EcsTask): void {
    if (this.faults.strikes('lose event', 0.1)) return;
    const times = this.engine.chance.happens('double event', 0.1) ? 2 : 1;
    for (let time = 0; time < times; time++) {
      this.engine.after(this.engine.chance.between('event', 500, 20_000), () => {
        const process = new Process(this.engine, 'reconcile');
        const store = this.network(process)('table', this.records.poolStore());
        closeRecord(store, task.id, { clock: process.clock }).catch(() => undefined);
      });
    }
  }
}
