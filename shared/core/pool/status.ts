/**
 * The status machine of an agent:
 *
 *     starting ─ready─▶ ready ─claim─▶ busy ─complete─▶ cooldown ─settle─▶ ready
 *                         │             └─release─▶ ready   └─claim─▶ busy
 *                         └─drain─▶ draining ─stop─▶ stopped
 *
 * An agent cools down after a turn of a conversation, of which it keeps the context warm; it is released when it gave
 * its task back, and after a task without a context.
 *
 * `stop` leads from every live status to `stopped`, and `lose` to `lost`. Only a `ready` agent can be drained,
 * so an agent that claimed a task first cannot be let go, and one that drains first cannot claim.
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

/** The status after `event`, or undefined when the event is not allowed in `status`. */
export function nextStatus(status: Status, event: StatusEvent): Status | undefined {
  const { from, to } = TRANSITIONS[event];
  return from.includes(status) ? to : undefined;
}

export function isLive(status: Status): boolean {
  return (LIVE_STATUSES as readonly Status[]).includes(status);
}
