import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';
import TinyQueue from 'tinyqueue';
import { type LimitWindow, limitWindow } from '../../agent/limits/limit-window.ts';
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
import { backOffSeconds, Provider } from './provider.ts';

/** A simulated agent. Times are seconds since the trace began. */
export type SimAgent = {
  readonly id: string;
  readonly askedAt: number;
  status: Status;
  statusSince: number;
  lastUsedAt: number | undefined;
  /** The tasks it works on, by their places in the trace, with the time when each began. */
  readonly tasks: Map<number, number>;
  /** What it did with the provider's limit; only where the model has one. */
  readonly use: LimitWindow | undefined;
  readonly usage: { usedMs: number; waitedMs: number; refused: number };
  drainGeneration: number | undefined;
  minutes: AgentInstance['minutes'];
};

/** A task whose call has yet to be accepted. */
type Call = {
  readonly at: number;
  readonly since: number;
  readonly agent: SimAgent;
  readonly task: number;
  /** How often it was refused. */
  readonly refused: number;
};

/** An agent whose drain was taken back reads its record every five seconds. */
const NOTICED_SECONDS = 5;

/** What the simulated pool has cost and done so far. */
export type Account = { paidSeconds: number; launches: number; actions: number };

/**
 * A pool in virtual time: one first-in-first-out queue, agents that run as many tasks at a time as they have slots, and a
 * fleet that grows and shrinks on request. It follows the status machine of production, and no agent is ever stopped that
 * works. Any agent with a free slot may get the next task, as from SQS.
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
  /** Tasks that found no free slot when they arrived. */
  unmatched = 0;
  /** Tasks that started too late for the objective. */
  late = 0;
  /** Tasks that are being worked on. */
  inFlight = 0;
  /** When the last task ended; known once the run is finished. */
  endedAt = 0;
  readonly busy = new Set<SimAgent>();
  /** Ready agents. */
  readonly ready = new Set<SimAgent>();
  /** Agents that start, the earliest first. */
  readonly starting: SimAgent[] = [];
  /** Agents that take no more work and have not been stopped yet. */
  readonly draining: SimAgent[] = [];
  /** Agents that were stopped and still have a record. */
  readonly gone: SimAgent[] = [];
  /** Agents that take the next task: those with a free slot. */
  readonly #open: SimAgent[] = [];
  /** The service behind the agents, if it has a limit. */
  readonly provider: Provider | undefined;
  readonly #calls = new TinyQueue<Call>([], (a, b) => a.at - b.at);
  /** Agents whose drain was taken back, and that haven't noticed yet. */
  readonly #resuming: { readonly at: number; readonly agent: SimAgent }[] = [];
  readonly #ends = new TinyQueue<{ at: number; agent: SimAgent; task: number }>([], (a, b) => a.at - b.at);
  readonly #chance = mersenne(1);
  #agents = 0;

  /** Begins with `min` agents that are ready. */
  constructor(trace: readonly Arrival[], model: Model) {
    this.trace = trace;
    this.model = model;
    this.provider = model.limit && new Provider(model.limit);
    this.waits = new Float64Array(trace.length).fill(Infinity);
    for (let index = 0; index < model.config.min; index++) this.#getReady(this.#newAgent());
  }

  /** Messages that wait. */
  get visible(): number {
    return this.arrived - this.started;
  }

  /** Whether agents stand in line for the limit. */
  get knowsLimit(): boolean {
    return this.model.config.limits.length > 0;
  }

  /** Agents that take tasks, or will. */
  get supply(): number {
    return this.busy.size + this.ready.size + this.starting.length;
  }

  get concurrency(): number {
    return this.model.config.concurrency;
  }

  get freeSlots(): number {
    return this.#open.reduce((sum, { tasks }) => sum + this.concurrency - tasks.size, 0);
  }

  get isDone(): boolean {
    const isEmpty = this.started === this.trace.length && this.#calls.length === 0;
    return isEmpty && this.now >= (this.model.endsAtSeconds ?? 0);
  }

  /** Lets time pass: completions, then agents that become ready, then arrivals, each in its order. */
  advance(until: number): void {
    for (;;) {
      const end = this.#ends.peek()?.at ?? Infinity;
      const ready = (this.starting[0]?.askedAt ?? Infinity) + this.model.startupSeconds;
      const arrival = this.trace[this.arrived]?.atSeconds ?? Infinity;
      const resumed = this.#resuming[0]?.at ?? Infinity;
      const call = this.#calls.peek()?.at ?? Infinity;
      const room = this.#heldBackUntil;
      const next = Math.min(end, ready, arrival, resumed, call, room);
      if (next > until) break;
      this.now = next;
      if (next === end) this.#complete(this.#ends.pop() as { agent: SimAgent; task: number });
      else if (next === ready) this.#getReady(this.starting.shift() as SimAgent);
      else if (next === resumed) this.#reopen((this.#resuming.shift() as { agent: SimAgent }).agent);
      else if (next === call) this.#makeCall(this.#calls.pop() as Call);
      else if (next === arrival) this.#arrive();
      this.#startTasks();
    }
    this.now = until;
  }

  /** Asks for agents. */
  launch(count: number): void {
    for (let index = 0; index < count; index++) this.starting.push(this.#newAgent());
    this.account.launches += count;
  }

  /** Drains an agent: a ready one, or one that has finished its tasks. */
  drain(agent: SimAgent): void {
    if (this.ready.delete(agent)) this.draining.push(agent);
    this.#close(agent);
    this.#move(agent, 'drain');
  }

  /** Drains an agent at work: it takes no further task. */
  retire(agent: SimAgent): void {
    this.busy.delete(agent);
    this.draining.push(agent);
    this.#close(agent);
    this.#move(agent, 'retire');
  }

  /** Takes a drain back. The agent notices when it next reads its record. */
  resume(agent: SimAgent): void {
    this.draining.splice(this.draining.indexOf(agent), 1);
    this.busy.add(agent);
    this.#move(agent, 'resume');
    this.#resuming.push({ at: this.now + NOTICED_SECONDS, agent });
  }

  /** Stops the drained agents that the desired count no longer includes. */
  stopDrained(): void {
    for (const agent of [...this.draining]) {
      if (agent.drainGeneration === undefined || agent.tasks.size > 0) continue;
      this.draining.splice(this.draining.indexOf(agent), 1);
      this.#move(agent, 'stop');
      this.gone.push(agent);
      this.#bill(agent, this.now);
    }
  }

  /** Lets the agents that work end their tasks, and bills everyone. */
  finish(): void {
    const lastEnds = new Map<SimAgent, number>();
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop())
      lastEnds.set(end.agent, end.at);
    this.endedAt = Math.max(this.endedAt, ...lastEnds.values());
    const left = [...this.ready, ...this.starting, ...this.busy, ...this.draining];
    for (const agent of left) this.#bill(agent, lastEnds.get(agent) ?? this.now);
  }

  #newAgent(): SimAgent {
    this.#agents += 1;
    const usage = { usedMs: 0, waitedMs: 0, refused: 0 };
    return {
      id: `agent-${String(this.#agents).padStart(6, '0')}`,
      askedAt: this.now,
      status: 'starting',
      statusSince: this.now,
      lastUsedAt: undefined,
      tasks: new Map(),
      usage,
      use:
        this.provider &&
        limitWindow({ usage: () => ({ limit: { ...usage } }) }, { elapsed: () => 1000 * this.now }),
      drainGeneration: undefined,
      minutes: [],
    };
  }

  #arrive(): void {
    this.arrived += 1;
    if (this.#open.length === 0) this.unmatched += 1;
  }

  #startTasks(): void {
    while (this.visible > 0 && this.#roomAt <= this.now) {
      const agent = this.#next();
      if (agent === undefined) return;
      this.#start(agent);
    }
  }

  /** From when on agents that stand in line for the limit take another task. */
  get #roomAt(): number {
    return this.provider && this.knowsLimit ? this.provider.roomAtSeconds : 0;
  }

  /** When a queued task starts that a free slot would take; infinite if there is none. */
  get #heldBackUntil(): number {
    const isHeldBack = this.knowsLimit && this.visible > 0 && this.#open.length > 0;
    return isHeldBack ? Math.max(this.now, this.#roomAt) : Infinity;
  }

  #start(agent: SimAgent): void {
    const task = this.started;
    const { withinSeconds } = this.model.config.objective;
    const { atSeconds, tokens = 0 } = this.trace[task] as Arrival;
    const wait = this.now - atSeconds;
    this.waits[task] = wait;
    this.#count(agent, startedTask(wait * 1000, withinSeconds));
    if (wait > withinSeconds) this.late += 1;
    this.started += 1;
    const turn = this.provider && this.knowsLimit ? this.provider.turn(tokens, this.now) : this.now;
    this.#occupy(agent, task, turn);
  }

  #occupy(agent: SimAgent, task: number, callsAt: number): void {
    this.#move(agent, 'claim');
    agent.tasks.set(task, this.now);
    agent.use?.running(agent.tasks.size);
    if (agent.tasks.size === this.concurrency) this.#close(agent);
    this.ready.delete(agent);
    this.busy.add(agent);
    this.inFlight += 1;
    const call = { at: callsAt, since: this.now, agent, task, refused: 0 };
    if (callsAt > this.now) this.#calls.push(call);
    else this.#makeCall(call);
  }

  /** The task runs once its call is accepted. Meanwhile, its slot waits. */
  #makeCall({ since, agent, task, refused }: Call): void {
    const { durationSeconds, tokens = 0 } = this.trace[task] as Arrival;
    agent.usage.waitedMs += 1000 * (this.now - since);
    if (this.provider?.call(tokens, this.now) === false) {
      agent.usage.refused += 1;
      const at = this.now + backOffSeconds(refused);
      this.#calls.push({ at, since: this.now, agent, task, refused: refused + 1 });
      return;
    }
    if (this.provider) agent.usage.usedMs += this.provider.timeMs(tokens);
    this.#ends.push({ at: this.now + durationSeconds, agent, task });
  }

  /** The latest that became ready; of agents with several slots any, since each has one poll open. */
  #next(): SimAgent | undefined {
    const { length } = this.#open;
    return this.#open[
      this.concurrency === 1 ? length - 1 : Math.floor(uniformFloat64(this.#chance) * length)
    ];
  }

  #complete({ agent, task }: { readonly agent: SimAgent; readonly task: number }): void {
    const startedAt = agent.tasks.get(task) ?? this.now;
    this.#count(agent, completedAttempt((this.now - startedAt) * 1000, 0));
    agent.lastUsedAt = this.now;
    this.endedAt = this.now;
    agent.tasks.delete(task);
    agent.use?.running(agent.tasks.size);
    this.inFlight -= 1;
    if (agent.status === 'draining') return;
    // The tasks of a trace have no context, so there is no cooldown.
    if (agent.tasks.size === 0) this.#release(agent);
    if (!this.#resuming.some((each) => each.agent === agent)) this.#reopen(agent);
  }

  #release(agent: SimAgent): void {
    this.busy.delete(agent);
    this.ready.add(agent);
    this.#move(agent, 'release');
  }

  #getReady(agent: SimAgent): void {
    this.#move(agent, 'ready');
    this.ready.add(agent);
    this.#open.push(agent);
  }

  #reopen(agent: SimAgent): void {
    const isLeaving = agent.status === 'draining' || agent.status === 'stopped';
    if (isLeaving || agent.tasks.size === this.concurrency || this.#open.includes(agent)) return;
    if (agent.status === 'busy' && agent.tasks.size === 0) this.#release(agent);
    this.#open.push(agent);
  }

  #close(agent: SimAgent): void {
    const place = this.#open.indexOf(agent);
    if (place >= 0) this.#open.splice(place, 1);
  }

  #count(agent: SimAgent, counts: Partial<MinuteCounts>): void {
    agent.minutes = countMinute(agent.minutes, toMs(this.model, this.now), counts);
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
