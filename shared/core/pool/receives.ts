import type { PoolConfig } from './config.ts';

/**
 * Receives of a message beyond its attempts: for agents that have to stop, that were drained while they polled, or whose
 * handler asks to be called later. SQS allows 1,000 in all.
 */
const SPARE_RECEIVES = 97;

/**
 * How many times SQS hands out a message (`maxReceiveCount`). After that, it moves the message to the dead-letter queue
 * without a word, so an agent gives the task up at the last receive, with a reason.
 */
export function receivesOf({ maxAttempts }: Pick<PoolConfig, 'maxAttempts'>): number {
  return maxAttempts + SPARE_RECEIVES;
}
