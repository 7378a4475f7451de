import { describe, expect, test } from 'vitest';
import type { Agents } from '../../shared/scaling/observation.ts';
import { backlog } from '../../shared/scaling/policies/backlog.ts';
import { chapter } from '../../shared/scaling/policies/chapter.ts';
import { utilization } from '../../shared/scaling/policies/utilization.ts';
import { pool, situation } from './build.ts';

describe('utilization keeps the busy share between 0.7 and 0.2', () => {
  test.each<[string, number, Partial<Agents>, number | 'abstain']>([
    ['all busy: down to 0.7', 5, { busy: 5 }, 8],
    ['just above: one more', 4, { busy: 3, ready: 1 }, 5],
    ['exactly 0.7 is in the band', 10, { busy: 7, ready: 3 }, 10],
    ['starting agents are supply', 10, { busy: 4, starting: 6 }, 10],
    ['exactly 0.2 is in the band', 10, { busy: 2, ready: 8 }, 10],
    ['below: to the middle of the band', 10, { busy: 1, ready: 9 }, 3],
    ['nobody busy: nobody wanted', 4, { ready: 4 }, 0],
    ['agents in cooldown can take work', 10, { busy: 1, cooldown: 9 }, 3],
    ['draining agents do not count', 5, { busy: 3, ready: 2, draining: 10 }, 5],
    ['without agents there is no share', 0, {}, 'abstain'],
  ])('%s', (_case, desired, agents, expected) => {
    const proposal = utilization(situation(desired, { agents }), pool());
    expect(proposal.kind === 'want' ? proposal.desired : proposal.kind).toBe(expected);
  });
});

describe('chapter takes one step per tick, whatever waits', () => {
  test.each<[string, number, Partial<Agents>, number]>([
    ['above 0.7: one more', 5, { busy: 5 }, 6],
    ['below 0.2: one fewer', 10, { busy: 1, ready: 9 }, 9],
    ['between: as it is', 4, { busy: 2, ready: 2 }, 4],
  ])('%s', (_case, desired, agents, expected) => {
    const seen = situation(desired, { agents, queue: { visible: 100 } });
    expect(chapter(seen, pool())).toMatchObject({ kind: 'want', desired: expected });
  });
});

describe('backlog wants an agent for each task in flight, and for what waits as many as start it in time', () => {
  // Objective 30 s, tick 5 s, start-up 5 s: new agents have 20 s of slack.
  const config = pool({ tickSeconds: 5 });
  const activity = (workSeconds: number) => ({ completed: 10, workSeconds, startupSeconds: 5 });
  test.each<[string, { visible?: number; inFlight?: number }, Partial<Agents>, number]>([
    ['nothing there', {}, {}, 0],
    ['in flight only', { inFlight: 3 }, { busy: 3 }, 3],
    ['busy agents count when the queue lags behind', { inFlight: 1 }, { busy: 3 }, 3],
    ['no duration known: one agent for each that waits', { visible: 4, inFlight: 2 }, { busy: 2 }, 6],
    ['work as long as the slack: an agent starts two', { visible: 8 }, { activity: activity(20) }, 4],
    ['short work: an agent starts many', { visible: 100 }, { activity: activity(1) }, 5],
    ['long work: an agent starts one', { visible: 4 }, { activity: activity(2_000) }, 4],
    ['a ready agent that just became idle will take some', { visible: 4 }, { ready: 1, idleSeconds: 1 }, 4],
    [
      'an agent idle for long shows that the rest is blocked',
      { visible: 9, inFlight: 2 },
      { busy: 2, ready: 1, idleSeconds: 60 },
      2,
    ],
  ])('%s', (_case, queue, agents, expected) => {
    expect(backlog(situation(2, { queue, agents }), config)).toMatchObject({
      kind: 'want',
      desired: expected,
    });
  });

  test('a start-up longer than the objective leaves no slack', () => {
    const agents = { activity: { completed: 1, workSeconds: 1, startupSeconds: 60 } };
    expect(backlog(situation(2, { queue: { visible: 7 }, agents }), config)).toMatchObject({ desired: 7 });
  });
});
