import type { ReasonCode } from '../../shared/core/decision.ts';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import { type DecisionView, viewDecision } from '../../shared/views/decision-view.ts';

/** What a decision changed, in plain words. */
export type News = { readonly kind: 'more' | 'fewer' | 'held' | 'failed'; readonly text: string };

/** Why the pool stays at a count, where the reason itself needs its context. */
const HELD: Partial<Record<ReasonCode, (view: DecisionView) => string>> = {
  AboveMax: ({ reason, read }) => `${queued(read.visible)}, but ${reason}`,
  NoIdleAgent: () => 'fewer are needed, but those at work or in cooldown stay',
};

/**
 * Reads decisions in their order. Only a change is news: another desired count, a limit that wasn't reported since the
 * pool last grew, or another failure.
 */
export function newsReader(): (record: DecisionRecord) => News | undefined {
  let desired: number | undefined;
  let failure: string | undefined;
  const held = new Set<string>();
  return (record) => {
    const view = viewDecision(record);
    const [before, failedBefore] = [desired ?? startOf(record), failure];
    desired = view.desired ?? desired;
    failure = view.failure;
    if ((desired ?? 0) > (before ?? 0)) held.clear();
    if (failure !== undefined)
      return failure === failedBefore ? undefined : { kind: 'failed', text: failure };
    // A change that takes two ticks is decided by each of them.
    if (view.kind !== 'hold') return before === view.desired ? undefined : changed(record, view);
    const { code } = record.decision.reason;
    const why = HELD[code]?.(view) ?? (isLimit(code) ? view.reason : undefined);
    if (why === undefined || held.has(code)) return undefined;
    held.add(code);
    return { kind: 'held', text: `${agents(view.desired)}: ${why}` };
  };
}

/** The desired count before a decision. */
function startOf({ decision }: DecisionRecord): number | undefined {
  return decision.kind === 'hold' ? decision.at : decision.from;
}

/** A policy's own wish, or the pool's bounds in quiet times, limit nothing. */
function isLimit(code: ReasonCode): boolean {
  return !['PolicyWants', 'Steady', 'BelowMin', 'ConfirmingEmpty'].includes(code);
}

function changed(record: DecisionRecord, view: DecisionView): News {
  const { decision } = record;
  const kind = decision.kind === 'scale-in' ? 'fewer' : 'more';
  const because = decision.kind === 'repair' ? view.reason : load(record, view);
  return { kind, text: `${startOf(record)} → ${agents(view.desired)}: ${because}` };
}

/** The load that the pool was sized for: what's queued, and what's expected. */
function load({ decision, forecast, config }: DecisionRecord, { read, reason }: DecisionView): string {
  const { code } = decision.reason;
  const busy = (forecast.arrivalsPerSecond * forecast.durationSeconds).toFixed(1);
  const hasSlots = config.concurrency > 1;
  const expected = hasSlots ? `expected to use ${busy} slots` : `expected to keep ${busy} busy`;
  const isLimited = isLimit(code) && code !== 'NoIdleAgent';
  const limit = isLimited ? ` (${reason})` : '';
  if (decision.kind === 'scale-in') {
    return `${hasSlots ? freeSlots(read) : `${read.idle ?? 'some'} idle`}, and new tasks are ${expected}${limit}`;
  }
  const late = reason.startsWith('overdue:') ? ', some for too long' : '';
  return `${queued(read.visible)}${late}, and new ones are ${expected}${limit}`;
}

function freeSlots({ slotsUsed, slots }: DecisionView['read']): string {
  if (slotsUsed === undefined || slots === undefined) return 'some slots free';
  return `${slots - slotsUsed} of ${slots} slots free`;
}

function queued(visible: number | undefined): string {
  if (visible === undefined) return 'queue unknown';
  if (visible === 0) return 'none queued';
  return visible === 1 ? '1 task queued' : `${visible} tasks queued`;
}

function agents(count: number | undefined): string {
  if (count === undefined) return 'unknown count';
  return count === 1 ? '1 agent' : `${count} agents`;
}
