import type { Clock } from '../shared/ports/clock.ts';
import type { QueueMessage, TaskQueue } from '../shared/ports/task-queue.ts';

type Ports = { readonly queue: TaskQueue; readonly clock: Clock };

/** Pause before retrying a failed extension, as a share of the visibility timeout. */
const RETRY_SHARE = 1 / 8;

type Kept = {
  readonly message: QueueMessage;
  readonly visibilitySeconds: number;
  /** Aborts when the work is done. */
  readonly done: AbortSignal;
  /** Called when the message couldn't be kept: it may be running elsewhere by then. */
  readonly onLost: (error: unknown) => void;
};

/**
 * Keeps a message invisible to other agents while its task runs: extends the visibility timeout at half time, until
 * `done` aborts. Calls `onLost` when the message couldn't be kept. Another agent may have it by then.
 */
export async function keepInvisible(
  { queue, clock }: Ports,
  { message, visibilitySeconds, done, onLost }: Kept,
): Promise<void> {
  const visibilityMs = visibilitySeconds * 1000;
  let invisibleUntilMs = clock.elapsed() + visibilityMs;
  let pauseMs = visibilityMs / 2;
  for (;;) {
    await clock.sleep(pauseMs, done);
    if (done.aborted) return;
    const askedAtMs = clock.elapsed();
    try {
      await queue.extend(message, visibilitySeconds);
      invisibleUntilMs = askedAtMs + visibilityMs;
      pauseMs = visibilityMs / 2;
    } catch (error) {
      pauseMs = visibilityMs * RETRY_SHARE;
      if (clock.elapsed() + pauseMs < invisibleUntilMs) continue;
      if (!done.aborted) onLost(error);
      return;
    }
  }
}
