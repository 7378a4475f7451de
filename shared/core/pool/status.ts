/**
 * The status machine of an agent:
 *
 *     starting ─ready─▶ ready ─claim─▶ busy ─complete─▶ cooldown ─settle─▶ ready
 *                         │             ├─release─▶ ready   └─claim─▶ busy
 *                         │             ├─claim─▶ busy
 *                         │             └─retire─▶ draining ─resume─▶ busy
 *                         └─drain─▶ draining ─stop─▶ stopped
 *
 * A busy agent claims more tasks while it has free slots. With its last task it completes, and cools down because it
 * keeps a context warm; or it's released, after a task without a context and after one that it returned to the queue.
 *
 * A draining agent takes no more tasks, and finishes those it has. `drain` is for agents without tasks, so that one that
 * claims first isn't drained, and one that's drained first can't claim. `retire` is for agents at work.
 *
 * `stop` leads from every live status to `stopped`, and `lose` to `lost`.
 */
export const LIVE_STATUSES = ['starting', 'ready', 'busy', 'cooldown', 'draining'] as const;
export const STATUSES = [...LIVE_STATUSES, 'stopped', 'lost'] as const;
export type Status = (typeof STATUSES)[number];

export type StatusEvent =
  | 'ready'
  | 'claim'
  | 'complete'
  | 'release'
  | 'settle'
  | 'drain'
  | 'retire'
  | 'resume'
  | 'stop'
  | 'lose';

type Transition = { readonly from: readonly Status[]; readonly to: Status };

export const TRANSITIONS: Readonly<Record<StatusEvent, Transition>> = {
  ready: { from: ['starting'], to: 'ready' },
  claim: { from: ['ready', 'cooldown', 'busy'], to: 'busy' },
  complete: { from: ['busy'], to: 'cooldown' },
  release: { from: ['busy'], to: 'ready' },
  settle: { from: ['cooldown'], to: 'ready' },
  // From draining: the desired count is about to be lowered for an agent that has finished its tasks.
  drain: { from: ['ready', 'draining'], to: 'draining' },
  retire: { from: ['busy', 'cooldown'], to: 'draining' },
  // Whether it still has a task, only the agent knows. It corrects this.
  resume: { from: ['draining'], to: 'busy' },
  stop: { from: LIVE_STATUSES, to: 'stopped' },
  lose: { from: LIVE_STATUSES, to: 'lost' },
};

/** Events that an agent doesn't bring about itself. */
export const BY_OTHERS: readonly StatusEvent[] = ['drain', 'retire', 'resume', 'lose'];

/** The status after `event`; undefined when the event isn't allowed in `status`. */
export function nextStatus(status: Status, event: StatusEvent): Status | undefined {
  const { from, to } = TRANSITIONS[event];
  return from.includes(status) ? to : undefined;
}

export function isLive(status: Status): boolean {
  return (LIVE_STATUSES as readonly Status[]).includes(status);
}
