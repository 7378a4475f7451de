import { describeError } from '../shared/core/describe-error.ts';
import type { Source } from './source.ts';

/** An event for the page: its name and what it is about. */
export type Live = {
  readonly name: 'pools' | 'alarms' | 'decisions' | 'points' | 'tasks' | 'trouble';
  readonly data: unknown;
};

/** A point that was told may still grow until its period is over. */
const OVERLAP_MS = 120_000;

/** Looks at a source as often as it may be asked, once for all pages, and tells what has changed. */
export function live(source: Source) {
  const listeners = new Set<(event: Live) => void>();
  const latest = new Map<Live['name'], string>();
  let decidedMs = Date.now() - OVERLAP_MS;
  const timers = [repeat(look, source.pace.look), repeat(measure, source.pace.points)];

  function tell(name: Live['name'], data: unknown): void {
    const json = JSON.stringify(data);
    if (latest.get(name) === json) return;
    latest.set(name, json);
    for (const listener of listeners) listener({ name, data });
  }

  async function look(): Promise<void> {
    tell('pools', await source.look());
    tell('tasks', source.latestTasks());
    const decisions = await source.decisions(decidedMs);
    if (decisions.length === 0) return;
    decidedMs = decisions.at(-1)?.atMs ?? decidedMs;
    tell('decisions', decisions);
  }

  async function measure(): Promise<void> {
    tell('points', await source.points(Date.now() - OVERLAP_MS));
    tell('alarms', await source.alarms());
  }

  /** One after another, and only while somebody looks. */
  function repeat(work: () => Promise<void>, pauseMs: number): () => void {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const next = async () => {
      if (listeners.size > 0) await work().catch((error: unknown) => tell('trouble', describeError(error)));
      if (!isOver) timer = setTimeout(() => void next(), pauseMs);
    };
    void next();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }

  return {
    /** Answers with what ends it. */
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
