// Covers: shared/core/pool/status.ts
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isLive,
  nextStatus,
  STATUSES,
  type Status,
  type StatusEvent,
  TRANSITIONS,
} from '../../shared/core/pool/status.ts';

const events = fc.constantFrom(...(Object.keys(TRANSITIONS) as StatusEvent[]));
const lives = fc.array(events, { maxLength: 30 });

/** The statuses an agent goes through; events that are refused change nothing. */
function live(history: readonly StatusEvent[]): readonly Status[] {
  let status: Status = 'starting';
  return [
    status,
    ...history.map((event) => {
      status = nextStatus(status, event) ?? status;
      return status;
    }),
  ];
}

test('an agent that has stopped or was lost never comes back', () => {
  fc.assert(
    fc.property(lives, (history) => {
      const statuses = live(history);
      const gone = statuses.findIndex((status) => !isLive(status));
      if (gone >= 0) expect(new Set(statuses.slice(gone)).size).toBe(1);
    }),
  );
});

test('a draining agent takes no more tasks until its drain is taken back', () => {
  fc.assert(
    fc.property(lives, (history) => {
      const statuses = live(history);
      for (const [index, event] of history.entries()) {
        if (statuses[index] !== 'draining' || event === 'resume') continue;
        expect(['draining', 'stopped', 'lost']).toContain(statuses[index + 1]);
      }
    }),
  );
});

test('of claim and drain, the second is rejected', () => {
  for (const status of STATUSES) {
    const claimed = nextStatus(status, 'claim');
    const drained = nextStatus(status, 'drain') ?? nextStatus(status, 'retire');
    if (claimed) expect(nextStatus(claimed, 'drain')).toBeUndefined();
    if (drained) expect(nextStatus(drained, 'claim')).toBeUndefined();
  }
});

test('every status is reachable, and an agent can stop from every live one', () => {
  const reached = new Set<Status>(['starting']);
  for (let before = 0; before < reached.size; ) {
    before = reached.size;
    for (const { from, to } of Object.values(TRANSITIONS))
      if (from.some((status) => reached.has(status))) reached.add(to);
  }
  expect([...reached].toSorted()).toEqual([...STATUSES].toSorted());
  for (const status of STATUSES.filter(isLive)) expect(nextStatus(status, 'stop')).toBe('stopped');
});
