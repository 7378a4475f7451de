import type { Clock } from '../../shared/ports/clock.ts';
import { NOW_MS } from './build.ts';

/** Time that passes only when everybody waits for it. */
export function virtualClock(): Clock {
  let nowMs = NOW_MS;
  const waiting: { atMs: number; wake: () => void }[] = [];
  const advance = () => {
    waiting.sort((a, b) => a.atMs - b.atMs);
    const next = waiting.shift();
    if (!next) return;
    nowMs = Math.max(nowMs, next.atMs);
    next.wake();
  };
  return {
    now: () => nowMs,
    elapsed: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const entry = { atMs: nowMs + ms, wake: resolve };
        waiting.push(entry);
        signal?.addEventListener('abort', () => {
          if (waiting.includes(entry)) waiting.splice(waiting.indexOf(entry), 1);
          resolve();
        });
        setImmediate(advance);
      }),
  };
}
