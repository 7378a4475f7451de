import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';
import TinyQueue from 'tinyqueue';
import type { Clock } from '../shared/ports/clock.ts';

const START_MS = Date.UTC(2026, 0, 5, 9);

type Event = { readonly atMs: number; readonly order: number; readonly run: () => void };

/** Chance from the seed: each use has a stream of its own, so that leaving one out does not change the others. */
export type Chance = {
  (use: string): number;
  between(use: string, from: number, to: number): number;
  happens(use: string, probability: number): boolean;
};

/** Virtual time: nothing happens but the events that were asked for, in their order. */
export class Engine {
  nowMs = START_MS;
  readonly chance: Chance;
  /** How far the clock of a new process is off, in milliseconds. Clocks differ by seconds. */
  skewMs: () => number = () => this.chance.between('skew', -2_000, 2_000);
  /** The latest lines of what happened. */
  readonly story: string[] = [];
  private readonly events = new TinyQueue<Event>([], (a, b) => a.atMs - b.atMs || a.order - b.order);
  private order = 0;

  constructor(seed: number) {
    this.chance = chanceOf(seed);
  }

  get seconds(): number {
    return (this.nowMs - START_MS) / 1000;
  }

  after(ms: number, run: () => void): void {
    this.order += 1;
    this.events.push({ atMs: this.nowMs + Math.max(0, ms), order: this.order, run });
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  log(line: string): void {
    this.story.push(`${this.seconds.toFixed(1).padStart(8)}s  ${line}`);
    if (this.story.length > 2_000) this.story.shift();
  }

  /** Lets events happen until `isOver` or until a number of seconds has passed. */
  async runUntil(seconds: number, isOver: () => boolean): Promise<void> {
    while (this.seconds < seconds && !isOver()) {
      const event = this.events.pop();
      if (event === undefined) return;
      this.nowMs = Math.max(this.nowMs, event.atMs);
      event.run();
      // Whatever follows from it without time passing: a tick comes after all promises that are settled.
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
  }
}

/** What can be killed: its calls do not return any more, and its waiting does not end. Or frozen, and go on later. */
export class Process {
  isAlive: boolean = true;
  readonly clock: Clock;
  readonly name: string;
  private readonly engine: Engine;
  private readonly onCrash: () => void;
  private frozenUntilMs = 0;

  constructor(engine: Engine, name: string, onCrash: () => void = () => {}) {
    this.engine = engine;
    this.name = name;
    this.onCrash = onCrash;
    const skewMs = Math.round(engine.skewMs());
    this.clock = {
      now: () => Math.round(engine.nowMs) + skewMs,
      elapsed: () => engine.nowMs,
      sleep: (ms, signal) => this.sleep(ms, signal),
    };
  }

  kill(): void {
    this.isAlive = false;
  }

  /** Ends by itself, without a word. */
  crash(): void {
    this.kill();
    this.onCrash();
  }

  get isFrozen(): boolean {
    return this.frozenUntilMs > this.engine.nowMs;
  }

  freeze(ms: number): void {
    this.frozenUntilMs = this.engine.nowMs + ms;
  }

  /** Goes on as soon as it is not frozen; never, once it was killed. */
  goOn(then: () => void): void {
    const frozenMs = this.frozenUntilMs - this.engine.nowMs;
    if (frozenMs > 0) this.engine.after(frozenMs, () => this.goOn(then));
    else if (this.isAlive) then();
  }

  private sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => this.goOn(resolve);
      if (signal?.aborted) {
        this.engine.after(0, wake);
        return;
      }
      this.engine.after(ms, wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}

function chanceOf(seed: number): Chance {
  const streams = new Map<string, ReturnType<typeof mersenne>>();
  const next = (use: string) => {
    let stream = streams.get(use);
    if (!stream) {
      stream = mersenne(seed * 31 + hashOf(use));
      streams.set(use, stream);
    }
    return uniformFloat64(stream);
  };
  return Object.assign(next, {
    between: (use: string, from: number, to: number) => from + next(use) * (to - from),
    happens: (use: string, probability: number) => next(use) < probability,
  });
}

function hashOf(text: string): number {
  let hash = 7;
  for (const character of text) hash = (hash * 33 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  return hash;
}
