import { type Amounts, limitTimeMs, type ProviderLimit } from '../../shared/core/pool/provider-limit.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { LimitStore } from '../../shared/ports/limit-store.ts';
import type { HandlerTools } from '../handler.ts';
import type { ClosedLimit, NotNow } from '../retry-later.ts';
import { type LimitQueue, type LimitUsage, limitQueue } from './limit-queue.ts';

/** A call that uses more than a minute's worth can never have its turn. */
const MINUTE_MS = 60_000;

/** An agent's share of its pool's limits. */
export type AgentLimits = {
  /** What the handler of one task gets. */
  forTask(signal: AbortSignal): Pick<HandlerTools, 'acquire' | 'used'>;
  /** Closes a limit after a service refused a call. Never rejects: the task is put off in any case. */
  refused(notNow: NotNow): Promise<void>;
  /** By the limit's name, since the agent started. */
  usage(): Readonly<Record<string, LimitUsage>>;
};

type Ports = {
  readonly store: LimitStore;
  readonly clock: Clock;
  readonly log: { warn(message: string, details: Record<string, unknown>): void };
};

export function agentLimits(
  limits: readonly Pick<ProviderLimit, 'name' | 'perMinute'>[],
  ports: Ports,
): AgentLimits {
  const queues = new Map(
    limits.map((limit) => [limit.name, { ...limit, queue: limitQueue(limit.name, ports) }]),
  );

  function limitOf(name: string): {
    readonly timeMs: (amounts: Amounts) => number;
    readonly queue: LimitQueue;
  } {
    const limit = queues.get(name);
    if (limit === undefined) throw new Error(unknownLimit(name, [...queues.keys()]));
    return { timeMs: (amounts) => limitTimeMs(limit, amounts), queue: limit.queue };
  }

  function closedBy(closes: ClosedLimit): LimitQueue | undefined {
    switch (closes.kind) {
      case 'none':
        return undefined;
      case 'named':
        return limitOf(closes.limit).queue;
      case 'only one': {
        const [only, ...others] = queues.values();
        return others.length === 0 ? only?.queue : undefined;
      }
      default:
        return closes satisfies never;
    }
  }

  return {
    forTask(signal) {
      /** What each limit was acquired for and not corrected yet, the latest last. */
      const acquired = new Map<string, Amounts[]>();
      return {
        async acquire(name, amounts = {}) {
          const { timeMs, queue } = limitOf(name);
          const given = checked(name, { requests: 1, tokens: 0, ...amounts });
          const ms = timeMs(given);
          if (ms > MINUTE_MS)
            throw new RangeError(`${shown(given)} are more than limit "${name}" gives in a minute`);
          await queue.acquire(ms, signal);
          const before = acquired.get(name);
          if (before) before.push(given);
          else acquired.set(name, [given]);
        },
        used(name, amounts) {
          const { timeMs, queue } = limitOf(name);
          const thought = acquired.get(name)?.pop();
          const given = checked(name, { requests: 1, tokens: 0, ...thought, ...amounts });
          queue.correct(timeMs(given) - (thought ? timeMs(thought) : 0));
        },
      };
    },

    async refused({ afterSeconds, closes }) {
      try {
        await closedBy(closes)?.refused(afterSeconds);
      } catch (error) {
        ports.log.warn('could not close a limit', { error });
      }
    },

    usage: () => Object.fromEntries([...queues].map(([name, { queue }]) => [name, queue.usage()])),
  };
}

/** Handlers may be plain JavaScript, and one NaN would stop a limit for good. */
function checked(name: string, amounts: Amounts): Amounts {
  const { requests, tokens } = amounts;
  if (requests >= 0 && tokens >= 0 && Number.isFinite(requests + tokens)) return amounts;
  throw new RangeError(`limit "${name}": invalid value ${shown(amounts)}: expected numbers from 0`);
}

function shown({ requests, tokens }: Amounts): string {
  return `${requests} requests and ${tokens} tokens`;
}

function unknownLimit(name: string, names: readonly string[]): string {
  const known =
    names.length === 0 ? 'the pool has none: add it to limits in its configuration' : names.join(', ');
  return `unknown limit "${name}" (limits: ${known})`;
}
