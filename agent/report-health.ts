import { cleanText } from '../shared/core/foreign-text.ts';
import type { HealthReport } from '../shared/core/pool/health-check.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Log, Shutdown } from './agent.ts';

const PROBLEM_CHARACTERS = 1_000;

type Context = {
  /** Writes the file that the container's health check reads. */
  readonly write: (report: HealthReport) => Promise<void>;
  /** Puts it on record, for operators and senders. */
  readonly record: (problem: string) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  readonly shutdown: Pick<Shutdown, 'signal'>;
  /** How long to wait for ECS to stop an agent without a handler. */
  readonly waitSeconds: number;
};

/**
 * Loads the handler, and reports to the container's health check whether that succeeded. ECS's circuit breaker counts
 * only ECS tasks that ECS itself stops for a failed check, so an agent that cannot load its handler waits for that
 * before it exits.
 * @throws what loading throws.
 */
export async function loadAndReport<T>(
  load: () => Promise<T>,
  { write, record, clock, log, shutdown, waitSeconds }: Context,
): Promise<T> {
  try {
    const loaded = await load();
    await write('loaded');
    return loaded;
  } catch (error) {
    log.warn('handler not loaded: waiting for ECS to stop this task', { error });
    await Promise.allSettled([
      write('failed'),
      record(cleanText((error as Error).message, PROBLEM_CHARACTERS)),
    ]);
    await clock.sleep(waitSeconds * 1000, shutdown.signal);
    throw error;
  }
}
