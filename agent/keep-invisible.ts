import type { Clock } from '../shared/ports/clock.ts';
import type { QueueMessage, TaskQueue } from '../shared/ports/task-queue.ts';

type Ports = { readonly queue: TaskQueue; readonly clock: Clock };

/** Retries of a failed extension within one visibility timeout. */
const RETRY_SHARE = 1 / 8;

/**
 * Keeps a message invisible to others while it is worked on: extends its visibility at half of its time, until
 * `done` aborts. Calls `onLost` when the message could not be kept: it may be running elsewhere by then.
 */
export async function keepInvisible(
  { queue, clock }: Ports,
  message: QueueMessage,
  visibilitySeconds: number,
  done: AbortSignal,
  onLost: (error: unknown) => void,
): Promise<void> {
  const visibilityMs = visibilitySeconds * 1000;
  let invisibleUntilMs = clock.now() + visibilityMs;
  let pauseMs = visibilityMs / 2;
  for (;;) {
    await clock.sleep(pauseMs, done);
    if (done.aborted) return;
    const askedAtMs = clock.now();
    try {
      await queue.extend(message, visibilitySeconds);
      invisibleUntilMs = askedAtMs + visibilityMs;
      pauseMs = visibilityMs / 2;
    } catch (error) {
      pauseMs = visibilityMs * RETRY_SHARE;
      if (clock.now() + pauseMs < invisibleUntilMs) continue;
      if (!done.aborted) onLost(error);
      return;
    }
  }
}
