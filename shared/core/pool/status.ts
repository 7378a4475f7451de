/**
 * The status machine of an agent:
 *
 *     starting ─ready─▶ ready ─claim─▶ busy ─complete─▶ cooldown ─settle─▶ ready
 *                         │             └─release─▶ ready   └─claim─▶ busy
 *                         └─drain─▶ draining ─stop─▶ stopped
 *
 * An agent cools down after a turn of a conversation, because it keeps the context warm. It's released after it
 * returned its task to the queue, and after a task without a context.
 *
 * `stop` leads from every live status to `stopped`, and `lose` to `lost`. Only a `ready` agent can be drained, so an
 * agent that claims a task first can't be drained, and one that drains first can't claim.
 */
export const LIVE_STATUSES = ['starting', 'ready', 'busy', 'cooldown', 'draining'] as const;
export const STATUSES = [...LIVE_STATUSES, 'stopped', 'lost'] as const;
export type Status = (typeof STATUSES)[number];

export type StatusEvent = 'ready' | 'claim' | 'complete' | 'release' | 'settle' | 'drain' | 'stop' | 'lose';

type Transition = { readonly from: readonly Status[]; readonly to: Status };

export const TRANSITIONS: Readonly<Record<StatusEvent, Transition>> = {
  ready: { from: ['starting'], to: 'ready' },
  claim: { from: ['ready', 'cooldown'], to: 'busy' },
  complete: { from: ['busy'], to: 'cooldown' },
  release: { from: ['busy'], to: 'ready' },
  settle: { from: ['cooldown'], to: 'ready' },
  drain: { from: ['ready'], to: 'draining' },
  stop: { from: LIVE_STATUSES, to: 'stopped' },
  lose: { from: LIVE_STATUSES, to: 'lost' },
};

/** The status after `event`; undefined when the event isn't allowed in `status`. */
export function nextStatus(status: Status, event: StatusEvent): Status | undefined {
  const { from, to } = TRANSITIONS[event];
  return from.includes(status) ? to : undefined;
}

export function isLive(status: Status): boolean {
  return (LIVE_STATUSES as readonly Status[]).includes(status);
}
