import type { QueueMessage } from '../shared/ports/task-queue.ts';
import type { Agent } from './agent.ts';
import type { OwnRecord } from './own-record.ts';

/** A long poll that takes this much longer than asked for hangs. */
const LATE_SECONDS = 10;
/** An agent that couldn't receive for so long exits, so that ECS starts another one in its place. */
const GIVE_UP_MS = 5 * 60_000;

export type Receive = (pollSeconds: number, atMost: number) => Promise<readonly QueueMessage[]>;

/**
 * Waits for messages, and says in the agent's record when receives fail or hang. The scaler would otherwise take an
 * agent that looks idle for supply, and the messages beside it for blocked.
 */
export function receiver({ ports, config, shutdown }: Agent, record: OwnRecord): Receive {
  const { queue, clock, log } = ports;
  let failingSince: number | undefined;

  async function fails(): Promise<void> {
    if (failingSince === undefined) {
      failingSince = clock.elapsed();
      await record.save({ notReceivingSinceMs: clock.now() });
    } else if (clock.elapsed() - failingSince > GIVE_UP_MS) {
      shutdown.request('cannot receive');
    }
  }

  async function works(): Promise<void> {
    if (failingSince === undefined) return;
    failingSince = undefined;
    await record.save({ notReceivingSinceMs: null });
  }

  return async (pollSeconds, atMost) => {
    const ended = new AbortController();
    const received = queue
      .receive(pollSeconds, config.visibilitySeconds, atMost)
      .finally(() => ended.abort());
    // Rejections are handled below; this only keeps an early one from counting as unhandled.
    received.catch(() => {});
    await clock.sleep((pollSeconds + LATE_SECONDS) * 1000, ended.signal);
    while (!ended.signal.aborted && !shutdown.signal.aborted) {
      log.warn('a receive hangs');
      await fails();
      await clock.sleep(LATE_SECONDS * 1000, AbortSignal.any([ended.signal, shutdown.signal]));
    }
    if (!ended.signal.aborted) {
      // What it may still receive becomes visible to others once its visibility timeout is over.
      received
        .then((messages) => Promise.all(messages.map((message) => queue.release(message))))
        .catch(() => {});
      return [];
    }
    try {
      const messages = await received;
      await works();
      return messages;
    } catch (error) {
      await fails();
      throw error;
    }
  };
}
