import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../shared/core/decide.ts';
import { type DecisionRecord, replay } from '../../shared/core/decision-record.ts';
import { cases } from '../cases.ts';
import { inputs } from './any-inputs.ts';

test('a decision record, stored and read back, replays to the same decision', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const { memory: _, ...decided } = decide(given);
      const stored = JSON.stringify({ ...given, ...decided, outcome: { kind: 'nothing-to-do' } });
      const { outcome, observation, state, mode, config, ...recorded } = JSON.parse(stored) as DecisionRecord;
      const { memory, ...again } = replay({ observation, state, mode, config });
      expect(again).toEqual(recorded);
    }),
    { numRuns: cases(1_000) },
  );
});
