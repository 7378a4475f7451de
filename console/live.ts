import { describeError } from '../shared/core/foreign-text.ts';
import { newDecisions } from './new-decisions.ts';
import type { Source } from './source.ts';
import { tickOf } from './ticks.ts';

/** An event for the page. `trouble` lists what can't be read now. `ticks` are the new ones of one pool. */
export type Live = {
  readonly name: 'pools' | 'alarms' | 'ticks' | 'points' | 'in-force' | 'trouble';
  readonly data: unknown;
};

/** A point can still grow until its period is over, so recent ones are sent again. */
const OVERLAP_MS = 120_000;
/** Sent to a page when it opens. */
const STANDING = ['pools', 'alarms', 'in-force', 'trouble'] as const;

/** Polls a source at its pace, once for all open pages, and sends each page what has changed. */
export function live(source: Source) {
  const listeners = new Set<(event: Live) => void>();
  const latest = new Map<Live['name'], string>();
  const decisions = newDecisions(source);
  const troubles = new Map<string, string>();
  let pointsReadMs = Date.now();
  const loops = [repeat(readPools, source.pace.pools), repeat(readPoints, source.pace.points)];

  function publish(name: Live['name'], data: unknown): void {
    const json = JSON.stringify(data);
    if (latest.get(name) === json) return;
    latest.set(name, json);
    for (const listener of listeners) listener({ name, data });
  }

  async function readPools(): Promise<void> {
    if (source.controls) publish('in-force', source.controls.inForce());
    await attempt('pools', async () => publish('pools', await source.readPools()));
    await Promise.all(
      source.pools.map(({ name }) =>
        attempt(`the decisions of ${name}`, async () => {
          const fresh = await decisions.of(name);
          if (fresh.length > 0) publish('ticks', { pool: name, ticks: fresh.map(tickOf).toReversed() });
        }),
      ),
    );
  }

  async function readPoints(): Promise<void> {
    await attempt('metrics', async () => {
      const nowMs = Date.now();
      publish('points', await source.points(pointsReadMs - OVERLAP_MS));
      pointsReadMs = nowMs;
    });
    await attempt('alarms', async () => publish('alarms', await source.alarms()));
  }

  /** What fails is tried again at the next poll, from where it failed, and keeps nothing else from being read. */
  async function attempt(what: string, read: () => Promise<void>): Promise<void> {
    try {
      await read();
      troubles.delete(what);
    } catch (error) {
      troubles.set(what, `${what}: ${describeError(error)}`);
    }
    publish('trouble', [...troubles.values()]);
  }

  /** Runs without overlap, from when a page opens until none is open: one that opens reads the past itself. */
  function repeat(work: () => Promise<void>, pauseMs: number) {
    let timer: NodeJS.Timeout | undefined;
    let state: 'idle' | 'running' | 'closed' = 'idle';
    const next = async () => {
      if (listeners.size > 0) await work();
      if (state === 'closed') return;
      if (listeners.size === 0) state = 'idle';
      else timer = setTimeout(() => void next(), pauseMs);
    };
    return {
      begin(): void {
        if (state !== 'idle') return;
        state = 'running';
        void next();
      },
      close(): void {
        state = 'closed';
        clearTimeout(timer);
      },
    };
  }

  return {
    /** Returns a function that stops listening. */
    listen(listener: (event: Live) => void): () => void {
      if (listeners.size === 0) {
        decisions.startOver();
        pointsReadMs = Date.now();
      }
      listeners.add(listener);
      for (const loop of loops) loop.begin();
      for (const name of STANDING) {
        const json = latest.get(name);
        if (json !== undefined) listener({ name, data: JSON.parse(json) });
      }
      return () => listeners.delete(listener);
    },
    close(): void {
      for (const loop of loops) loop.close();
    },
  };
}
