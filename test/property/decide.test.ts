// Covers: shared/core/decision.ts
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../shared/core/decide.ts';
import { decidedCount } from '../../shared/core/decision.ts';
import type { Inputs } from '../../shared/core/inputs.ts';
import { known, type Observation } from '../../shared/core/observation.ts';
import { cases } from '../cases.ts';
import { NOW_MS } from '../unit/build.ts';
import { count, inputs, observations } from './any-inputs.ts';

const isBlind = ({ queue, fleet, agents: seen }: Observation) =>
  [queue, fleet, seen].some((part) => part.kind === 'unknown' || NOW_MS - part.atMs > 10_000);

/** More agents than this have to go, whatever the policies want and whatever could be read. */
const boundOf = ({ config, mode }: Inputs) =>
  Math.max(config.min, Math.min(config.max, mode.kind === 'pinned' ? mode.desired : config.max));

/** A pool never gathers its work on fewer agents. */
const leastOf = ({ config, mode }: Inputs) =>
  Math.max(config.min, mode.kind === 'pinned' ? Math.min(mode.desired, config.max) : 0);

test('a change of the desired count ends within bounds, or as close as ready agents allow', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const { config } = given;
      const { decision } = decide(given);
      if (decision.kind === 'scale-out') expect(decision.to).toBeLessThanOrEqual(config.max);
      if (decision.kind === 'scale-in')
        expect(decision.to).toBeGreaterThanOrEqual(Math.min(config.min, decision.from));
    }),
    { numRuns: cases(2_000) },
  );
});

test('a pool within bounds stays within bounds', () => {
  fc.assert(
    fc.property(inputs, fc.nat(), (given, place) => {
      const { config, state } = given;
      const inside = config.min + (place % (config.max - config.min + 1));
      const { decision } = decide({ ...given, state: { ...state, desired: inside, changedAtMs: NOW_MS } });
      expect(decidedCount(decision)).toBeGreaterThanOrEqual(config.min);
      expect(decidedCount(decision)).toBeLessThanOrEqual(config.max);
    }),
    { numRuns: cases(2_000) },
  );
});

test('while the forecast is the same, more backlog never means fewer agents', () => {
  fc.assert(
    fc.property(inputs, count, (given, more) => {
      const { queue: seen } = given.observation;
      fc.pre(seen.kind === 'known');
      const { forecast: _, ...state } = given.state;
      const decisionAt = (visible: number) =>
        decide({
          ...given,
          state,
          observation: { ...given.observation, queue: known({ ...seen.value, visible }, seen.atMs) },
        }).decision;
      const before = decisionAt(seen.value.visible);
      const after = decisionAt(seen.value.visible + more);
      if (before.kind === 'repair' || after.kind === 'repair') return;
      const count = decidedCount(before);
      if (count === undefined) expect(decidedCount(after)).toBeUndefined();
      else expect(decidedCount(after)).toBeGreaterThanOrEqual(count);
    }),
    { numRuns: cases(2_000) },
  );
});

test('a scale-in lowers the count by the ready agents it drains and those that ECS never placed', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const seen = given.observation;
      const { decision } = decide(given);
      if (decision.kind !== 'scale-in' || seen.agents.kind !== 'known') return;
      const { victims, unaccountedDrains } = seen.agents.value;
      expect([...victims, ...unaccountedDrains]).toEqual(expect.arrayContaining([...decision.victims]));
      if (decision.reason.code !== 'DrainUnfinished')
        expect(decision.victims.length + decision.givenUp).toBe(decision.from - decision.to);
    }),
    { numRuns: cases(2_000) },
  );
});

test('on missing data a pool shrinks to its bound at most', () => {
  fc.assert(
    fc.property(inputs, observations.filter(isBlind), (given, observation) => {
      const { decision } = decide({ ...given, observation });
      // Agents that drain already were chosen on complete data, before the action was interrupted.
      if (decision.kind === 'scale-in' && decision.reason.code !== 'DrainUnfinished')
        expect(decision.to).toBeGreaterThanOrEqual(boundOf(given));
    }),
    { numRuns: cases(2_000) },
  );
});

test('a paused pool is never changed', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const mode = { kind: 'paused', by: 'night shift', atMs: NOW_MS } as const;
      const { decision, surplus } = decide({ ...given, mode });
      expect(decision.kind).toBe('hold');
      expect(surplus).toBeUndefined();
    }),
  );
});

test('the desired count never changes by more in a minute than the limits allow', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const { config, state } = given;
      fc.pre(given.mode.kind === 'automatic' && state.changes.length === 0);
      const { decision } = decide(given);
      if (
        decision.kind === 'hold' ||
        decision.kind === 'repair' ||
        decision.reason.code === 'DrainUnfinished'
      )
        return;
      const { agents, percent } = decision.kind === 'scale-out' ? config.scaleOutLimit : config.scaleInLimit;
      const allowed = Math.max(agents, Math.floor((percent / 100) * decision.from));
      // Below min a pool comes back at once.
      const least =
        decision.kind === 'scale-out'
          ? Math.max(0, config.min - decision.from)
          : Math.max(0, decision.from - config.max);
      expect(Math.abs(decision.to - decision.from)).toBeLessThanOrEqual(Math.max(allowed, least));
    }),
    { numRuns: cases(2_000) },
  );
});

test('with too many agents the desired number stays at work, within bounds, and only outdated ones are replaced', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const { decision, surplus } = decide(given);
      const { agents } = given.observation;
      if (surplus === undefined || agents.kind === 'unknown') return;
      const { ready, cooldown, busy, consolidating, outdated, unprotected } = agents.value;
      const gone = surplus.drain.length + surplus.replace.length;
      if (gone > 0)
        expect(ready + cooldown + busy + consolidating.agents + unprotected - gone).toBeGreaterThanOrEqual(
          Math.min(boundOf(given), decidedCount(decision) ?? 0),
        );
      const candidates = [...outdated.ready, ...agents.value.victims];
      expect(candidates).toEqual(expect.arrayContaining([...surplus.drain]));
      expect(outdated.working).toEqual(expect.arrayContaining([...surplus.replace]));
      if (decision.kind === 'scale-in') expect([...surplus.drain, ...surplus.replace]).toEqual([]);
    }),
    { numRuns: cases(2_000) },
  );
});

test('consolidation drains agents at work or takes drains back, never both, and leaves what the bounds require', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const { decision, surplus } = decide(given);
      const { agents } = given.observation;
      if (surplus === undefined || agents.kind === 'unknown') return;
      const { ready, busy, working, resumable } = agents.value;
      const { retire, resume, replace } = surplus;
      const victims = decision.kind === 'scale-in' ? decision.victims : [];
      expect(Math.min(retire.length, resume.length)).toBe(0);
      expect(working).toEqual(expect.arrayContaining([...retire]));
      expect(resumable).toEqual(expect.arrayContaining([...resume]));
      expect([...replace, ...victims].filter((id) => [...retire, ...resume].includes(id))).toEqual([]);
      // Idle agents go before any agent at work does.
      if (retire.length > 0) expect(busy + ready - retire.length).toBeGreaterThanOrEqual(leastOf(given));
    }),
    { numRuns: cases(2_000) },
  );
});
