import type { Clock } from '../shared/ports/clock.ts';
import { progressKey } from '../shared/ports/object-keys.ts';
import type { ObjectStore } from '../shared/ports/object-store.ts';
import type { TaskStore } from '../shared/ports/task-store.ts';
import { storeValue, toJson } from '../shared/tasks/values.ts';

type Ports = { readonly tasks: TaskStore; readonly objects: ObjectStore; readonly clock: Clock };
type Attempt = { readonly pool: string; readonly taskId: string; readonly attempt: number };

export type ProgressReporter = {
  /** Records progress. Only the latest value is written. @throws ValueError when it isn't JSON. */
  report(value: unknown): void;
  /** Writes the last reported value, and ends. */
  flush(): Promise<void>;
};

/** One write per second is enough for people, and cheap. */
const WRITE_EVERY_MS = 1_000;

/** Writes a handler's reports to its task's record. */
export function progressReporter(
  { tasks, objects, clock }: Ports,
  { pool, taskId, attempt }: Attempt,
): ProgressReporter {
  let latest: string | undefined;
  let writing: Promise<void> | undefined;
  const done = new AbortController();

  async function write(): Promise<void> {
    while (latest !== undefined) {
      const json = latest;
      latest = undefined;
      const value = await storeValue(objects, progressKey(pool, { taskId, attempt }, clock.now()), json);
      await tasks.progress({ id: taskId, attempt }, value);
      if (!done.signal.aborted) await clock.sleep(WRITE_EVERY_MS, done.signal);
    }
    writing = undefined;
  }

  return {
    report(value) {
      latest = toJson(value, 'the progress');
      // Progress is for people and for the next attempt. A failed write must not fail this one.
      writing ??= write().catch(() => {
        writing = undefined;
      });
    },
    async flush() {
      done.abort();
      await writing;
    },
  };
}
