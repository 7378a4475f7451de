import {
  type Amounts,
  limitText,
  limitTimeMs,
  type ProviderLimit,
} from '../../shared/core/pool/provider-limit.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { LimitStore } from '../../shared/ports/limit-store.ts';
import type { HandlerTools } from '../handler.ts';
import type { ClosedLimit, NotNow } from '../retry-later.ts';
import { type LimitQueue, type LimitUsage, limitQueue } from './limit-queue.ts';
import { usualLimits } from './usual-limits.ts';

/** A call that uses more than a minute's worth can never have its turn. */
const MINUTE_MS = 60_000;

/** A call that takes nothing, as of a limit of tokens before they're known, stands in line as well: it may be closed. */
const LEAST_MS = 1;

/** An agent's share of its pool's limits. */
export type AgentLimits = {
  /** What the handler of one task gets. */
  forTask(signal: AbortSignal): Pick<HandlerTools, 'acquire' | 'used'>;
  /** How many more tasks to take, by the lines of the limits that they usually need. 0 or less: none now. */
  room(): number;
  /**
   * Closes a limit after a service refused a call. Never rejects: the task is put off in any case, unless it names a
   * limit that the pool doesn't have.
   */
  refused(
    notNow: NotNow,
  ): Promise<{ readonly kind: 'put off' } | { readonly kind: 'unknown limit'; readonly reason: string }>;
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
  const usual = usualLimits();

  function limitOf(name: string): {
    readonly timeMs: (amounts: Amounts) => number;
    readonly queue: LimitQueue;
    readonly text: string;
  } {
    const limit = queues.get(name);
    if (limit === undefined) throw new Error(unknownLimit(name, [...queues.keys()]));
    const timeMs = (amounts: Amounts) => limitTimeMs(limit, amounts) || LEAST_MS;
    return { timeMs, queue: limit.queue, text: limitText(limit) };
  }

  function closedBy(closes: ClosedLimit): LimitQueue | undefined {
    switch (closes.kind) {
      case 'none':
      case 'full':
        return undefined;
      case 'named':
        return queues.get(closes.limit)?.queue;
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
      const takes = usual.begin();
      return {
        async acquire(name, amounts = {}) {
          const { timeMs, queue, text } = limitOf(name);
          const given = complete(name, amounts, { requests: 1, tokens: 0 });
          const ms = timeMs(given);
          if (ms > MINUTE_MS) throw new RangeError(`a call of ${shown(given)} never has its turn: ${text}`);
          takes(name);
          await queue.acquire(ms, signal);
          const before = acquired.get(name);
          if (before) before.push(given);
          else acquired.set(name, [given]);
        },
        used(name, amounts) {
          const { timeMs, queue } = limitOf(name);
          const thought = acquired.get(name)?.pop();
          const given = complete(name, amounts, thought ?? { requests: 1, tokens: 0 });
          queue.correct(timeMs(given) - (thought ? timeMs(thought) : 0));
        },
      };
    },

    room() {
      const rooms = [...queues].filter(([name]) => usual.isUsual(name)).map(([, { queue }]) => queue.room());
      return Math.min(Number.POSITIVE_INFINITY, ...rooms);
    },

    async refused({ afterSeconds, closes }) {
      if (closes.kind === 'named' && !queues.has(closes.limit))
        return { kind: 'unknown limit', reason: unknownLimit(closes.limit, [...queues.keys()]) };
      try {
        await closedBy(closes)?.refused(afterSeconds);
      } catch (error) {
        ports.log.warn('could not close a limit', { error });
      }
      return { kind: 'put off' };
    },

    usage: () => Object.fromEntries([...queues].map(([name, { queue }]) => [name, queue.usage()])),
  };
}

/**
 * The amounts of a call, with what's left out. A provider's answer may lack its usage, so undefined is left out as well.
 * Handlers may be plain JavaScript, and one NaN would stop a limit for good.
 */
function complete(name: string, { requests, tokens }: Partial<Amounts>, otherwise: Amounts): Amounts {
  const amounts = { requests: requests ?? otherwise.requests, tokens: tokens ?? otherwise.tokens };
  for (const [what, amount] of Object.entries(amounts)) {
    if (Number.isFinite(amount) && amount >= 0) continue;
    const got = typeof amount === 'number' ? amount : `${JSON.stringify(amount)}, a ${typeof amount}`;
    throw new RangeError(`limit "${name}": ${what} must be a number from 0, got ${got}`);
  }
  return amounts;
}

function shown({ requests, tokens }: Amounts): string {
  const of = (amount: number) => amount.toLocaleString('en');
  return `${of(requests)} ${requests === 1 ? 'request' : 'requests'} and ${of(tokens)} tokens`;
}

function unknownLimit(name: string, names: readonly string[]): string {
  const known =
    names.length === 0 ? 'the pool has none: add it to limits in its configuration' : names.join(', ');
  return `unknown limit "${name}" (limits: ${known})`;
}
