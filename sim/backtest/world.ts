import TinyQueue from 'tinyqueue';
import type { AgentInstance } from '../../shared/core/pool/agent-instance.ts';
import {
  completedAttempt,
  countMinute,
  type MinuteCounts,
  startedTask,
} from '../../shared/core/pool/minutes.ts';
import { nextStatus, type Status, type StatusEvent } from '../../shared/core/pool/status.ts';
import type { Arrival } from '../../shared/tasks/trace.ts';
import { BILLED_AT_LEAST_SECONDS, type Model, toMs } from './model.ts';

/** A simulated agent. Times are seconds since the trace began. */
export type SimAgent = {
  readonly id: string;
  readonly askedAt: number;
  status: Status;
  statusSince: number;
  lastUsedAt: number | undefined;
  /** The task it works on, by its place in the trace. */
  task: number;
  drainGeneration: number | undefined;
  minutes: AgentInstance['minutes'];
};

/** What the simulated pool has cost and done so far. */
export type Account = { paidSeconds: number; launches: number; actions: number };

/**
 * A pool in virtual time: one first-in-first-out queue, agents that run one task at a time, and a fleet that grows
 * and shrinks on request. It follows the status machine of production, and only a ready agent is ever stopped.
 */
export class World {
  readonly trace: readonly Arrival[];
  readonly model: Model;
  readonly account: Account = { paidSeconds: 0, launches: 0, actions: 0 };
  /** Seconds each task waited, by its place in the trace; infinite until it starts. */
  readonly waits: Float64Array;
  now = 0;
  arrived = 0;
  started = 0;
  /** Tasks that found no ready agent when they arrived. */
  unmatched = 0;
  /** Tasks that started too late for the objective. */
  late = 0;
  readonly busy = new Set<SimAgent>();
  /** Ready agents; the latest that became ready takes the next task. */
  readonly ready: SimAgent[] = [];
  /** Agents that start, the earliest first. */
  readonly starting: SimAgent[] = [];
  /** Agents that take no more work and have not been stopped yet. */
  readonly draining: SimAgent[] = [];
  /** Agents that were stopped and still have a record. */
  readonly gone: SimAgent[] = [];
  #ends = new TinyQueue<{ at: number; agent: SimAgent }>([], (a, b) => a.at - b.at);
  #agents = 0;

  /** Begins with `min` agents that are ready. */
  constructor(trace: readonly Arrival[], model: Model) {
    this.trace = trace;
    this.model = model;
    this.waits = new Float64Array(trace.length).fill(Infinity);
    for (let index = 0; index < model.config.min; index++)
      this.#become(this.#newAgent(), 'ready', this.ready);
  }

  /** Messages that wait. */
  get visible(): number {
    return this.arrived - this.started;
  }

  /** Agents that work, or will. */
  get supply(): number {
    return this.busy.size + this.ready.length + this.starting.length;
  }

  get isDone(): boolean {
    return this.started === this.trace.length && this.now >= (this.model.endsAtSeconds ?? 0);
  }

  /** Lets time pass: completions, then agents that become ready, then arrivals, each in its order. */
  advance(until: number): void {
    for (;;) {
      const end = this.#ends.peek()?.at ?? Infinity;
      const ready = (this.starting[0]?.askedAt ?? Infinity) + this.model.startupSeconds;
      const arrival = this.trace[this.arrived]?.atSeconds ?? Infinity;
      const next = Math.min(end, ready, arrival);
      if (next > until) break;
      this.now = next;
      if (next === end) this.#complete((this.#ends.pop() as { agent: SimAgent }).agent);
      else if (next === ready) this.#become(this.starting.shift() as SimAgent, 'ready', this.ready);
      else this.#arrive();
      this.#startTasks();
    }
    this.now = until;
  }

  /** Asks for agents. */
  launch(count: number): void {
    for (let index = 0; index < count; index++) this.starting.push(this.#newAgent());
    this.account.launches += count;
  }

  /** Drains a ready agent. */
  drain(agent: SimAgent): void {
    this.ready.splice(this.ready.indexOf(agent), 1);
    this.#become(agent, 'drain', this.draining);
  }

  /** Stops the agents that drain. */
  stopDrained(): void {
    for (const agent of this.draining.splice(0)) {
      this.#become(agent, 'stop', this.gone);
      this.#bill(agent, this.now);
    }
  }

  /** Lets the agents that work end their tasks, and bills everyone. */
  finish(): void {
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) this.#bill(end.agent, end.at);
    for (const agent of [...this.ready, ...this.starting]) this.#bill(agent, this.now);
  }

  #newAgent(): SimAgent {
    this.#agents += 1;
    return {
      id: `agent-${String(this.#agents).padStart(6, '0')}`,
      askedAt: this.now,
      status: 'starting',
      statusSince: this.now,
      lastUsedAt: undefined,
      task: -1,
      drainGeneration: undefined,
      minutes: [],
    };
  }

  #arrive(): void {
    this.arrived += 1;
    if (this.ready.length === 0) this.unmatched += 1;
  }

  #startTasks(): void {
    while (this.visible > 0) {
      const agent = this.ready.pop();
      if (agent === undefined) return;
      const { atSeconds, durationSeconds } = this.trace[this.started] as Arrival;
      this.#move(agent, 'claim');
      agent.task = this.started;
      const wait = this.now - atSeconds;
      this.waits[this.started] = wait;
      this.#count(agent, startedTask(wait * 1000, this.model.config.objective.withinSeconds));
      if (wait > this.model.config.objective.withinSeconds) this.late += 1;
      this.started += 1;
      this.busy.add(agent);
      this.#ends.push({ at: this.now + durationSeconds, agent });
    }
  }

  #complete(agent: SimAgent): void {
    this.#count(agent, completedAttempt((this.trace[agent.task] as Arrival).durationSeconds * 1000, 0));
    agent.lastUsedAt = this.now;
    this.busy.delete(agent);
    // The tasks of a trace have no context, so there is no cooldown.
    this.#become(agent, 'release', this.ready);
  }

  #count(agent: SimAgent, counts: Partial<MinuteCounts>): void {
    agent.minutes = countMinute(agent.minutes, toMs(this.model, this.now), counts);
  }

  #become(agent: SimAgent, event: StatusEvent, list: SimAgent[]): void {
    this.#move(agent, event);
    list.push(agent);
  }

  #move(agent: SimAgent, event: StatusEvent): void {
    const status = nextStatus(agent.status, event);
    if (status === undefined) throw new Error(`${agent.id} is ${agent.status}: it cannot ${event}`);
    agent.status = status;
    agent.statusSince = this.now;
  }

  #bill({ askedAt }: SimAgent, until: number): void {
    const { billedAtLeastSeconds = BILLED_AT_LEAST_SECONDS } = this.model;
    this.account.paidSeconds += Math.max(billedAtLeastSeconds, until - askedAt);
  }
}
