import { useEffect, useState } from 'preact/hooks';
import { listen } from './live.ts';

export type Loaded<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'loaded'; readonly value: T }
  | { readonly kind: 'failed'; readonly reason: string };

const RETRY_MS = 5_000;

/**
 * Reads something whenever `key` changes, and again after a failure or when the server has come back. What was read
 * stays until the next has been, so that nothing jumps.
 */
export function useLoaded<T>(key: string, read: () => Promise<T>, everyMs?: number): Loaded<T> {
  const [loaded, setLoaded] = useState<{ key: string; state: Loaded<T> }>({
    key,
    state: { kind: 'loading' },
  });
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (afterMs: number | undefined) => {
      if (!isOver && afterMs !== undefined) timer = setTimeout(load, afterMs);
    };
    const load = () => {
      clearTimeout(timer);
      read().then(
        (value) => {
          if (isOver) return;
          setLoaded({ key, state: { kind: 'loaded', value } });
          again(everyMs);
        },
        (error: Error) => {
          if (isOver) return;
          setLoaded({ key, state: { kind: 'failed', reason: error.message } });
          again(RETRY_MS);
        },
      );
    };
    load();
    const stop = listen('connection', (connection) => {
      if (connection === 'live') load();
    });
    return () => {
      isOver = true;
      clearTimeout(timer);
      stop();
    };
    // `read` is a new function at each render, and `key` says what it reads.
  }, [key, everyMs]);
  return loaded.key === key ? loaded.state : { kind: 'loading' };
}
