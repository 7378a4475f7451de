import { fullLine, type LimitState, type LimitStore } from '../../shared/ports/limit-store.ts';
import { stored } from './items.ts';

/** The items of the limits as DynamoDB holds them. Pools of one table share them. */
export class LimitRecords implements LimitStore {
  readonly items = new Map<string, LimitState>();

  reserve: LimitStore['reserve'] = async (name, { ms, nowMs, atMostAheadMs }) => {
    const item = this.items.get(name);
    const startsAtMs = Math.max(item?.freeAtMs ?? 0, nowMs);
    if (item && startsAtMs > nowMs + atMostAheadMs) return fullLine(item, atMostAheadMs);
    this.items.set(name, stored({ ...item, freeAtMs: startsAtMs + ms }));
    return { kind: 'reserved', startsAtMs };
  };

  close: LimitStore['close'] = async (name, untilMs) => {
    const { freeAtMs = 0, closedUntilMs = 0 } = this.items.get(name) ?? {};
    const closed = { freeAtMs: Math.max(freeAtMs, untilMs), closedUntilMs: Math.max(closedUntilMs, untilMs) };
    this.items.set(name, stored(closed));
  };

  read: LimitStore['read'] = async (names) => {
    return new Map([...this.items].filter(([name]) => names.includes(name)));
  };
}
