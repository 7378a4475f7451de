import { describeError } from '../shared/core/foreign-text.ts';
import type { Source } from './source.ts';

/** An event for the page. */
export type Live = {
  readonly name: 'pools' | 'alarms' | 'decisions' | 'points' | 'tasks' | 'trouble';
  readonly data: unknown;
};

/** A point can still grow until its period is over, so recent ones are sent again. */
const OVERLAP_MS = 120_000;

/** Polls a source at its pace, once for all open pages, and sends each page what has changed. */
export function live(source: Source) {
  const listeners = new Set<(event: Live) => void>();
  const latest = new Map<Live['name'], string>();
  let decidedMs = Date.now() - OVERLAP_MS;
  const timers = [repeat(readPools, source.pace.pools), repeat(readPoints, source.pace.points)];

  function publish(name: Live['name'], data: unknown): void {
    const json = JSON.stringify(data);
    if (latest.get(name) === json) return;
    latest.set(name, json);
    for (const listener of listeners) listener({ name, data });
  }

  async function readPools(): Promise<void> {
    publish('pools', await source.readPools());
    publish('tasks', source.latestTasks());
    const decisions = await source.decisions(decidedMs);
    if (decisions.length === 0) return;
    decidedMs = decisions.at(-1)?.atMs ?? decidedMs;
    publish('decisions', decisions);
  }

  async function readPoints(): Promise<void> {
    publish('points', await source.points(Date.now() - OVERLAP_MS));
    publish('alarms', await source.alarms());
  }

  /** Runs without overlap, and only while a page is open. */
  function repeat(work: () => Promise<void>, pauseMs: number): () => void {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const next = async () => {
      if (listeners.size > 0)
        await work().catch((error: unknown) => publish('trouble', describeError(error)));
      if (!isOver) timer = setTimeout(() => void next(), pauseMs);
    };
    void next();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }

  return {
    /** Returns a function that stops listening. */
    listen(listener: (event: Live) => void): () => void {
      listeners.add(listener);
      for (const name of ['pools', 'alarms', 'tasks'] as const) {
        const json = latest.get(name);
        if (json !== undefined) listener({ name, data: JSON.parse(json) });
      }
      return () => listeners.delete(listener);
    },
    close(): void {
      for (const stop of timers) stop();
    },
  };
}
