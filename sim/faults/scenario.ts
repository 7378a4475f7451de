import type { AgentHandler } from '../../agent/handler.ts';
import { compact } from '../../shared/contexts/compact.ts';
import { patterns } from '../../shared/contexts/patterns.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import type { Protection } from '../../shared/ports/protection.ts';
import type { Telemetry } from '../../shared/ports/scaler-telemetry.ts';
import { closeRecord } from '../../shared/runtime/close-record.ts';
import { scalePools } from '../../shared/runtime/scale-pools.ts';
import { memoryContexts } from '../aws/context-stores.ts';
import { DynamoRecords } from '../aws/dynamo-records.ts';
import { type Container, EcsService, type EcsTask } from '../aws/ecs-service.ts';
import { SqsQueue } from '../aws/sqs-queue.ts';
import { Engine, Process } from '../engine.ts';
import { clientOf, type Network, type Services, scalerPorts, startAgent } from '../production.ts';
import { type Fault, Faults, remote } from './calls.ts';
import { Invariants, type Turn } from './invariants.ts';
import {
  conversationsOf,
  FAULTS_SECONDS,
  POISONED,
  poolOf,
  TASKS_SECONDS,
  WELL_WITHIN_SECONDS,
} from './pool-of-seed.ts';

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
  /** Agents inside a handler. */
  private readonly working = new Map<string, string>();
  private readonly config: PoolConfig;
  private readonly conversations: number;
  private readonly checks: Invariants;
  private readonly forget: (() => void)[] = [];
  private readonly services: Services;
  private readonly network: Network;
  sent = 0;

  constructor(seed: number, without: readonly Fault[] = []) {
    this.config = poolOf(seed);
    this.conversations = conversationsOf(seed);
    this.engine = new Engine(seed);
    this.faults = new Faults(this.engine, without);
    this.queue = new SqsQueue(this.engine, { ordering: this.config.ordering, faults: this.faults });
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
    this.everyMinute(0);
    this.send();
    this.misfortune();
  }

  /** @throws Violation of the first invariant that does not hold. */
  async run(): Promise<void> {
    const isOver = () => this.checks.violation !== undefined;
    await this.engine.runUntil(FAULTS_SECONDS, isOver);
    this.faults.isOver = true;
    this.records.overrides = { mode: { kind: 'automatic' } };
    this.engine.log('faults are over');
    await this.engine.runUntil(TASKS_SECONDS, isOver);
    const until = TASKS_SECONDS + WELL_WITHIN_SECONDS;
    await this.engine.runUntil(until, () => isOver() || this.checks.isWell());
    await this.checks.end();
  }

  /** Frees what killed agents wait for: the runtime keeps signals that have listeners, and whole worlds with them. */
  close(): void {
    for (const forget of this.forget) forget();
  }

  // --- Clients ---------------------------------------------------------------------------------------------------

  private send(): void {
    const pause = this.engine.chance.between(
      'arrivals',
      1_000,
      this.engine.seconds % 300 < 60 ? 4_000 : 50_000,
    );
    this.engine.after(pause, () => {
      if (this.engine.seconds > TASKS_SECONDS) return;
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
  }

  // --- Agents ----------------------------------------------------------------------------------------------------

  private runContainer(task: EcsTask, exited: () => void): Container {
    const process = new Process(this.engine, task.id, () => this.service.kill(task));
    const agent = startAgent(
      this.services,
      { process, network: this.network, task },
      {
        handler: this.handler(task, process),
        protection: (protection) => this.mayHang(task, protection),
        attempted: (id, outcome) => {
          // A handler that is stuck goes on, but its task has been taken from it.
          this.working.delete(task.id);
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
    return async (task, context, { signal, progress }) => {
      const { turns = [] } = (context ?? {}) as { turns?: string[] };
      this.working.set(agent.id, task.id);
      try {
        progress({ attempt: task.attempt });
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
        this.working.delete(agent.id);
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
        closeRecord(store, task.id, process.clock).catch(() => undefined);
      });
    }
  }

  // --- The scaler and the compactor --------------------------------------------------------------------------------

  private everyMinute(minute: number): void {
    this.engine.after(60_000, () => this.everyMinute(minute + 1));
    if (this.faults.strikes('skip scaler', 0.05)) {
      this.engine.log('fault: the scaler is not called');
      return;
    }
    const runs = this.faults.strikes('double scaler', 0.1) ? 2 : 1;
    for (let run = 0; run < runs; run++) {
      this.engine.after(this.engine.chance.between('schedule', 0, 10_000), () =>
        this.scale(`run-${minute}-${run}`),
      );
    }
    if (minute === 5 && this.faults.strikes('compact', 0.8)) this.compact();
  }

  private scale(holder: string): void {
    const process = new Process(this.engine, holder);
    let calls = 0;
    const counting: Network = (caller) => (name, port) => {
      const made = this.network(caller)(name, port);
      return Object.fromEntries(
        Object.entries(made).map(([method, call]) => [
          method,
          (...args: unknown[]) => {
            calls += 1;
            return (call as (...given: unknown[]) => unknown)(...args);
          },
        ]),
      ) as typeof port;
    };
    const telemetry: Telemetry = {
      tick: (record) => {
        this.checks.decision(record, holder);
        this.checks.calls(calls);
        calls = 0;
      },
      tickFailed: (_pool, error) => this.engine.log(`${holder}: a tick failed: ${String(error)}`),
      leaseTaken: () => {},
      settingsLeftOut: () => {},
      historyNotSaved: () => {},
      reapFailed: (_pool, error) => this.engine.log(`${holder}: not reaped: ${String(error)}`),
    };
    const ports = scalerPorts(this.services, { process, network: counting, telemetry });
    const fleet = {
      ...ports.fleet,
      setDesiredCount: (count: number) => {
        this.checks.desired(count, holder, process.clock.now());
        return ports.fleet.setDesiredCount(count);
      },
    };
    scalePools([{ config: this.config, ports: { ...ports, fleet } }], holder, process.clock).catch(
      () => undefined,
    );
    if (this.faults.strikes('freeze scaler', 0.15)) {
      this.engine.after(this.engine.chance.between('frozen at', 0, 1_000), () => {
        this.engine.log(`fault: ${holder} stands still`);
        process.freeze(this.engine.chance.between('frozen for', 35_000, 70_000));
      });
    }
    // Lambda ends a run that takes too long, and sometimes one that does not.
    const lifetimeMs = this.faults.strikes('kill scaler', 0.1)
      ? this.engine.chance.between('killed after', 0, 60_000)
      : 80_000;
    this.engine.after(lifetimeMs, () => process.kill());
  }

  private compact(): void {
    const process = new Process(this.engine, 'compact');
    const reach = this.network(process);
    const store = reach('table', this.stored.store, 'heads');
    const objects = reach('s3', this.stored.objects, 'list');
    const patternStore = this.stored.patternStore;
    const known = patterns('sim', { store: patternStore, objects, nowMs: process.clock.now });
    compact(
      'sim',
      { store, objects, patternStore, patterns: known, clock: process.clock },
      { dryRun: false },
    ).catch(() => undefined);
  }

  // --- What goes wrong by itself -----------------------------------------------------------------------------------

  private misfortune(): void {
    this.engine.after(5_000, () => {
      if (this.faults.isOver) return;
      const running = this.service.tasks.filter(({ status }) => status === 'running');
      const victim = running[Math.floor(this.engine.chance('victim') * running.length)];
      if (victim && this.faults.strikes('kill agent', 0.02)) {
        this.engine.log(`fault: ${victim.id} dies`);
        this.service.kill(victim);
      } else if (victim && this.faults.strikes('spot interruption', 0.01)) {
        this.engine.log(`fault: Fargate takes ${victim.id} back`);
        this.service.stop(victim, 'SpotInterruption');
      }
      if (this.faults.strikes('deployment', 0.005)) {
        this.service.revision = `agents:${Number(this.service.revision.split(':')[1]) + 1}`;
        this.engine.log(`a new version is deployed: ${this.service.revision}`);
        this.service.reconcileSoon();
      }
      if (this.faults.strikes('pause', 0.005)) this.pause();
      this.checks.heads();
      this.misfortune();
    });
  }

  private pause(): void {
    this.engine.log('an operator pauses the pool');
    this.records.overrides = { mode: { kind: 'paused', by: 'operator', atMs: this.engine.nowMs } };
    this.engine.after(this.engine.chance.between('paused for', 10_000, 120_000), () => {
      this.records.overrides = { mode: { kind: 'automatic' } };
    });
  }
}
