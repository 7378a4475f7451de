import { contexts } from '../../shared/contexts/contexts.ts';
import { patterns } from '../../shared/contexts/patterns.ts';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import { missingData } from '../../shared/core/guards/data-quality.ts';
import { type AgentInstance, canResume, tasksOf } from '../../shared/core/pool/agent-instance.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { isLive } from '../../shared/core/pool/status.ts';
import { REAP_AT_MOST } from '../../shared/core/reap.ts';
import { RECORDS_AT_MOST } from '../../shared/runtime/tick.ts';
import type { MemoryContexts } from '../aws/context-stores.ts';
import type { DynamoRecords } from '../aws/dynamo-records.ts';
import type { EcsService, EcsTask } from '../aws/ecs-service.ts';
import type { SqsQueue } from '../aws/sqs-queue.ts';
import type { Engine } from '../engine.ts';

/** Something that must never be, or must be by now and is not. */
export class Violation extends Error {
  override name = 'Violation';
  readonly invariant: string;

  constructor(invariant: string, detail: string) {
    super(`${invariant}: ${detail}`);
    this.invariant = invariant;
  }
}

/** A task whose sending was confirmed, and the conversation that it is a turn of. */
export type Turn = { readonly id: string; readonly contextId: string };

/** What the invariants read. */
type World = {
  readonly engine: Engine;
  readonly records: DynamoRecords;
  readonly queue: SqsQueue;
  readonly service: EcsService;
  readonly stored: MemoryContexts;
  readonly accepted: readonly Turn[];
  /** Agents inside handlers, with their tasks. */
  readonly working: ReadonlyMap<string, ReadonlySet<string>>;
};

/** Records that a tick closes, agents that it gives slots, ECS tasks that it reaps, and what every tick does. */
const CALLS_OF_A_TICK = 2 * RECORDS_AT_MOST + REAP_AT_MOST + 15;
/** Two clocks of the simulation, at most. */
const CLOCKS_DIFFER_MS = 4_000;
/** ECS replaces an agent that ends while a tick drains it within this time. */
const REPLACED_WITHIN_MS = 60_000;
/** A repair waits until ECS shows what was written. */
const TICKS_UNTIL_IN_FORCE = 8;

/** What must hold at every step, and what in the end. */
export class Invariants {
  violation: Violation | undefined;
  private readonly config: PoolConfig;
  private readonly world: World;
  private readonly versions = new Map<string, number>();
  private ticksNotInForce = 0;
  private slotsAtMost: number;

  constructor(config: PoolConfig, world: World) {
    this.config = config;
    this.slotsAtMost = config.concurrency;
    this.world = world;
  }

  /** Neither a scale-in nor a deployment stops an agent that works; reaping stops none that is responsive and within its time. */
  stop(task: EcsTask): void {
    for (const taskId of this.world.working.get(task.id) ?? []) this.stopWith(task, taskId);
  }

  private stopWith(task: EcsTask, busyWith: string): void {
    // One that stands still for good doesn't renew its protection, which ends after a quarter of an hour. One that lost
    // its task gives it up, and may hang in that.
    const isUnprotected = task.protectedUntilMs < this.world.engine.nowMs;
    const mayBeStopped = task.stopCode === 'UserInitiated' || isUnprotected;
    if (mayBeStopped && !this.isAtWork(task.id, busyWith)) return;
    // An agent that doesn't end one task in time is stopped with all of them.
    const others = Object.keys(this.world.records.instances.get(task.id)?.tasks ?? {});
    if (task.stopCode === 'UserInitiated' && others.some((id) => !this.isInTime(task.id, id))) return;
    this.violate('no busy agent is stopped by ECS’s choice', `${task.id} works on ${busyWith}`);
  }

  /** Beyond doubt: its heartbeats arrive, the task is still its own, and its time isn't over. Clocks differ by seconds. */
  private isAtWork(agentId: string, taskId: string): boolean {
    const { engine, records } = this.world;
    const agent = records.instances.get(agentId);
    const task = records.tasks.get(taskId);
    if (agent === undefined || task?.status !== 'running' || task.agentId !== agentId) return false;
    const isResponsive = engine.nowMs - agent.heartbeatAtMs < 2 * this.config.heartbeatSeconds * 1000;
    return isResponsive && this.isInTime(agentId, taskId);
  }

  private isInTime(agentId: string, taskId: string): boolean {
    const { engine, records } = this.world;
    const claimedAtMs = records.claimedAtMs.get(`${agentId} ${taskId}`) ?? 0;
    return engine.nowMs - claimedAtMs < this.config.taskTimeoutSeconds * 1000 - CLOCKS_DIFFER_MS;
  }

  /** Called with the tasks that an agent is in the handler of. */
  works(agentId: string, tasks: number): void {
    // An agent that was given fewer slots finishes what it has, and one keeps its slots until a tick after the setting ended.
    const { overrides, instances } = this.world.records;
    const set = Number(overrides.settings?.values['concurrency'] ?? 0);
    const given = [...instances.values()].map(({ slots = 0 }) => slots);
    this.slotsAtMost = Math.max(this.slotsAtMost, set, ...given);
    if (tasks > this.slotsAtMost)
      this.violate('no agent works on more tasks than it has slots', `${agentId} works on ${tasks}`);
  }

  /** A wait that is counted when a task is first delivered is no longer than it was, even if a clock is off. */
  started(taskId: string, queueWaitMs: number): void {
    const { engine, queue } = this.world;
    // Of a message that SQS delivers twice, it's unknown here which one was received.
    const [message, ...copies] = queue.messages.filter(({ id }) => id === taskId);
    if (message?.receipts !== 1 || copies.length > 0) return;
    const waitedMs = engine.nowMs - message.sentAtMs;
    if (queueWaitMs > waitedMs + 1)
      this.violate('a wait is counted as long as it was', `${taskId}: ${queueWaitMs} ms of ${waitedMs}`);
  }

  desired(count: number, holder: string, nowMs: number): void {
    const { min, max } = this.config;
    if (count < min || count > max)
      this.violate('desired stays within its bounds', `${holder} writes ${count}`);
    const busy = this.busyAgents();
    if (busy > count)
      this.violate('as many are desired as work', `${holder} writes ${count} while ${busy} work`);
    const { lease } = this.world.records;
    if (lease.holder !== holder && lease.untilMs > nowMs) {
      this.violate('one scaler acts at a time', `${holder} writes while ${lease.holder} holds the pool`);
    }
  }

  decision(record: DecisionRecord, holder: string): void {
    const { decision, observation, outcome, mode } = record;
    if (decision.kind !== 'hold') {
      const { kind, to, reason } = decision;
      this.world.engine.log(`${holder}: ${kind} to ${to}: ${reason.text} (${outcome.kind})`);
    }
    this.inForce(record);
    const missing = missingData(observation);
    const hasUsedBudget = record.guards.some(({ reason }) => reason.code === 'BudgetReached');
    const isObliged = mode.kind === 'pinned' || hasUsedBudget || decision.reason.code === 'DrainUnfinished';
    if (decision.kind === 'scale-in' && !isObliged && missing !== undefined) {
      this.violate('nothing shrinks on missing or stale data', missing);
    }
    if (decision.kind === 'scale-out' && decision.to > this.config.min && this.isBudgetUsed()) {
      this.violate('a used budget is not exceeded', `${holder} grows to ${decision.to}`);
    }
    if (decision.kind === 'scale-in' && outcome.kind === 'done') {
      const lowered = decision.from - outcome.desired;
      const drained = outcome.drained.filter((id) => this.takesNoTasks(id)).length;
      if (lowered > drained + decision.givenUp)
        this.violate(
          'the count is lowered by what was drained or never placed',
          `${lowered} for ${drained} and ${decision.givenUp}`,
        );
    }
    if (mode.kind === 'paused' && outcome.kind === 'done')
      this.violate('a paused pool is not changed', decision.kind);
  }

  calls(ofTick: number): void {
    if (ofTick > CALLS_OF_A_TICK) this.violate('calls of a tick are bounded', `${ofTick} calls`);
  }

  heads(): void {
    for (const [contextId, { version }] of this.world.stored.stored.heads) {
      const before = this.versions.get(contextId) ?? 0;
      if (version < before)
        this.violate('a head never goes back', `${contextId} from ${before} to ${version}`);
      this.versions.set(contextId, version);
    }
  }

  /** Nothing waits, and as many agents as there have to be are ready, of the latest deployment, with true records. */
  isWell(): boolean {
    const { service, queue } = this.world;
    const { live, desired } = service;
    const records = this.liveRecords();
    return (
      queue.messages.length === 0 &&
      [...this.world.records.tasks.values()].every(
        ({ status }) => status === 'done' || status === 'failed',
      ) &&
      desired === this.config.min &&
      live.length === desired &&
      live.every((task) => task.status === 'running' && service.isCurrent(task)) &&
      service.tasks.every(({ status }) => status !== 'stopping') &&
      records.length === desired &&
      records.every(({ status }) => status === 'ready')
    );
  }

  /** @throws Violation of the first invariant that did not hold, or does not in the end. */
  async end(): Promise<void> {
    if (this.violation) throw this.violation;
    const { accepted, records, queue, stored } = this.world;
    for (const { id } of accepted) {
      const task = records.tasks.get(id);
      const hasEnded = task?.status === 'done' || task?.status === 'failed';
      if (!hasEnded) throw new Violation('every task ends', `${id} is ${task?.status ?? 'unknown'}`);
      // A purge may drop a message between its task's failure and its move.
      const isLost = (task.status === 'failed' && task.lost === true) || queue.purged.has(id);
      const isCancelled = task.status === 'failed' && task.cancelled === true;
      if (task.status === 'failed' && !isLost && !isCancelled && !queue.dead.some((each) => each.id === id))
        throw new Violation('no task is lost', `${id} has failed, and is not in the dead-letter queue`);
    }
    if (!accepted.some(({ id }) => this.isDone(id))) throw new Violation('tasks are completed', 'none is');
    for (const contextId of stored.stored.heads.keys()) this.turns(contextId, await this.read(contextId));
    if (!this.isWell()) throw new Violation('after faults the pool is well again', this.describe());
  }

  /** Each completed task is in its conversation once, in the order in which the queue got them. */
  private turns(contextId: string, turns: readonly string[]): void {
    const listed = `${contextId}: ${turns.join(' ')}`;
    if (new Set(turns).size !== turns.length) throw new Violation('an effect is there once', listed);
    const { order, purgedInFlight } = this.world.queue;
    const applied = turns.filter((id) => !purgedInFlight.has(id));
    const ordered = order.filter((id) => applied.includes(id));
    if (this.config.ordering === 'fifo' && ordered.join() !== applied.join())
      throw new Violation('turns are applied in their order', listed);
    const missing = this.world.accepted.find(
      (each) => each.contextId === contextId && this.isDone(each.id) && !turns.includes(each.id),
    );
    if (missing) throw new Violation('no effect is lost', `${contextId} lacks ${missing.id}`);
  }

  /** What was decided reaches ECS within minutes, when nobody has paused the pool and ECS can be read. */
  private inForce({ observation: { fleet }, state, mode }: DecisionRecord): void {
    const isLate = fleet.kind === 'known' && mode.kind !== 'paused' && fleet.value.desired !== state.desired;
    this.ticksNotInForce = isLate ? this.ticksNotInForce + 1 : 0;
    if (this.ticksNotInForce <= TICKS_UNTIL_IN_FORCE) return;
    this.violate(
      'what is decided is in force',
      `ECS has ${this.world.service.desired}, decided were ${state.desired}`,
    );
  }

  /** With a margin: the scaler counts once a tick, and some ticks are missing. */
  private isBudgetUsed(): boolean {
    const { budget } = this.config;
    const seconds = budget && 1.2 * 3600 * budget.agentHoursPerDay + 300;
    return seconds !== undefined && this.world.service.agentSeconds() > seconds;
  }

  /**
   * Agents at work that were heard of lately. There may be more than are desired while a deployment replaces agents, while
   * the record of an agent that has ended is open, and when a tick takes so long that agents which it drained have ended
   * before the count is lowered: then ECS has replaced them.
   */
  private busyAgents(): number {
    const { service } = this.world;
    const { live } = service;
    const records = this.liveRecords();
    const hasEnded = records.some(({ id }) => !live.some((task) => task.id === id));
    if (hasEnded || live.some((task) => !service.isCurrent(task))) return 0;
    const { nowMs } = this.world.engine;
    const isAtWork = (agent: AgentInstance) =>
      tasksOf(agent) > 0 &&
      (agent.status === 'busy' || canResume(agent)) &&
      agent.heartbeatAtMs > nowMs - 2 * this.config.heartbeatSeconds * 1000 &&
      agent.launchedAtMs < nowMs - REPLACED_WITHIN_MS;
    return records.filter(isAtWork).length;
  }

  /** By its record, whatever the scaler says. */
  private takesNoTasks(agentId: string): boolean {
    const agent = this.world.records.instances.get(agentId);
    return agent === undefined || agent.status === 'draining' || !isLive(agent.status);
  }

  private liveRecords() {
    return [...this.world.records.instances.values()].filter(({ status }) => isLive(status));
  }

  private isDone(id: string): boolean {
    return this.world.records.tasks.get(id)?.status === 'done';
  }

  /** What a conversation holds in the end, read as an agent reads it. */
  private async read(contextId: string): Promise<readonly string[]> {
    const { engine, stored } = this.world;
    const { store, objects, patternStore } = stored;
    const now = () => engine.nowMs;
    const known = patterns(this.config.name, { store: patternStore, objects, nowMs: now });
    const clock = { now, elapsed: now, sleep: async () => {} };
    const { value } = await contexts(this.config.name, { store, objects, clock, patterns: known }).restore(
      contextId,
    );
    return (value as { turns: string[] }).turns;
  }

  private violate(invariant: string, detail: string): void {
    this.violation ??= new Violation(invariant, detail);
    this.world.engine.log(`VIOLATED: ${invariant}: ${detail}`);
  }

  private describe(): string {
    const { queue, service } = this.world;
    const named = (each: readonly { readonly id: string; readonly status: string }[]) =>
      each.map(({ id, status }) => `${id} ${status}`).join(', ');
    return [
      `${queue.messages.length} messages`,
      `desired ${service.desired}`,
      `tasks ${named(service.tasks.filter(({ status }) => status !== 'stopped'))}`,
      `records ${named(this.liveRecords())}`,
    ].join('; ');
  }
}
