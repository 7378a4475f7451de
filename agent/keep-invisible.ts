import type { Clock } from '../shared/ports/clock.ts';
import { BATCH, type QueueMessage, type TaskQueue } from '../shared/ports/task-queue.ts';

type Ports = { readonly queue: TaskQueue; readonly clock: Clock };

/** A message that an agent works on. */
export type Kept = {
  readonly message: QueueMessage;
  /** Aborts when the message couldn't be kept: it may be running elsewhere by then. */
  readonly lost: AbortSignal;
  /** Call when the message has been disposed of. */
  done(): void;
};

export type Keeper = {
  /** Keeps a message that was just received invisible until it's done. */
  keep(message: QueueMessage): Kept;
  /** Ends with the last message. */
  ended(): Promise<void>;
};

/** Pause before retrying a failed extension, as a share of the visibility timeout. */
const RETRY_SHARE = 1 / 8;

type Held = {
  readonly message: QueueMessage;
  readonly lost: AbortController;
  dueAtMs: number;
  invisibleUntilMs: number;
};

/**
 * Keeps messages invisible to other agents while their tasks run: extends each visibility timeout at half time, together
 * with others that are about due.
 */
export function keepInvisible({ queue, clock }: Ports, visibilitySeconds: number): Keeper {
  const visibilityMs = visibilitySeconds * 1000;
  const held = new Set<Held>();
  let wake = new AbortController();
  let loop: Promise<void> | undefined;

  function keep(message: QueueMessage): Kept {
    const nowMs = clock.elapsed();
    const lost = new AbortController();
    const kept = { message, lost, dueAtMs: nowMs + visibilityMs / 2, invisibleUntilMs: nowMs + visibilityMs };
    held.add(kept);
    loop ??= extendAll();
    const done = () => {
      held.delete(kept);
      // The last one ends the loop.
      if (held.size === 0) wake.abort();
    };
    return { message, lost: lost.signal, done };
  }

  async function extendAll(): Promise<void> {
    while (held.size > 0) {
      wake = new AbortController();
      await clock.sleep(Math.min(...[...held].map(({ dueAtMs }) => dueAtMs)) - clock.elapsed(), wake.signal);
      // Those due within a retry's pause go along: tasks that began together stay together.
      const dueMs = clock.elapsed() + visibilityMs * RETRY_SHARE;
      const due = [...held].filter(({ dueAtMs }) => dueAtMs <= dueMs);
      for (let from = 0; from < due.length; from += BATCH) {
        // One that's done meanwhile may have been returned to the queue, and must be visible there.
        await extend(due.slice(from, from + BATCH).filter((each) => held.has(each)));
      }
    }
    // At once: a message that's kept from now on needs another loop.
    loop = undefined;
  }

  async function extend(due: readonly Held[]): Promise<void> {
    if (due.length === 0) return;
    const askedAtMs = clock.elapsed();
    const failed = await queue
      .extend(
        due.map(({ message }) => message),
        visibilitySeconds,
      )
      .catch((error: Error) => due.map(({ message }) => ({ message, reason: error.message })));
    const reasons = new Map(failed.map(({ message, reason }) => [message, reason]));
    for (const each of due) {
      const reason = reasons.get(each.message);
      if (reason === undefined) {
        each.invisibleUntilMs = askedAtMs + visibilityMs;
        each.dueAtMs = askedAtMs + visibilityMs / 2;
        continue;
      }
      each.dueAtMs = clock.elapsed() + visibilityMs * RETRY_SHARE;
      if (each.dueAtMs >= each.invisibleUntilMs && held.delete(each)) each.lost.abort('message lost');
    }
  }

  return { keep, ended: async () => loop };
}
