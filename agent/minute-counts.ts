import { countMinute, type MinuteBucket, type MinuteCounts } from '../shared/core/pool/minutes.ts';
import type { Clock } from '../shared/ports/clock.ts';

/** What this agent did in each of the last minutes. Each write of its record carries all of it, so none is missed. */
export type AgentCounts = {
  add(counts: Partial<MinuteCounts>): void;
  ring(): readonly MinuteBucket[];
};

export function agentCounts(clock: Pick<Clock, 'now'>): AgentCounts {
  let ring: readonly MinuteBucket[] = [];
  return {
    add(counts) {
      ring = countMinute(ring, clock.now(), counts);
    },
    ring: () => ring,
  };
}
