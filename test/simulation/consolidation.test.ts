// Covers: shared/core/surplus.ts, sim/production.ts
import { describe, expect, test } from 'vitest';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import { agentsFor } from '../../shared/core/pool/slots.ts';
import { pool } from '../unit/build.ts';
import { countOf, poisson, runLive } from './live-pool.ts';

const TASK_SECONDS = 300;
const SLOTS = 8;
/** Tasks a second that fill twenty agents with eight slots, and those that fill four. */
const MANY = 0.47;
const FEW = 0.1;
const DROP_SECONDS = 1_200;
const config = pool({
  name: 'sim',
  min: 2,
  max: 40,
  concurrency: SLOTS,
  ordering: 'none',
  taskTimeoutSeconds: 3_600,
});

/** Runs a full pool whose arrivals drop for `dropSeconds`. All tasks take the same time. */
async function run(dropSeconds: number) {
  const arrivals = [
    ...within(poisson([MANY, MANY], 1, 3), 0, DROP_SECONDS),
    ...within(poisson([FEW, FEW, FEW, FEW, FEW], 1, 5), DROP_SECONDS, DROP_SECONDS + dropSeconds),
    ...within(poisson([MANY, MANY, MANY], 1, 7), DROP_SECONDS + dropSeconds, 1_800),
  ];
  let attempts = 0;
  let completed = 0;
  const result = await runLive(config, {
    sent: arrivals.map(({ atSeconds }) => ({ atSeconds, payload: null })),
    async handler(_task, { sleep }) {
      attempts += 1;
      await sleep(TASK_SECONDS);
      completed += 1;
    },
  });
  return { ...result, tasks: arrivals.length, attempts, completed };
}

function within(tasks: ReturnType<typeof poisson>, fromSeconds: number, untilSeconds: number) {
  return tasks.filter(({ atSeconds }) => atSeconds >= fromSeconds && atSeconds < untilSeconds);
}

function decisionAt(decisions: readonly DecisionRecord[], seconds: number): DecisionRecord {
  return decisions[Math.floor(seconds / config.tickSeconds)] as DecisionRecord;
}

const usedSlots = ({ observation: { agents } }: DecisionRecord) =>
  agents.kind === 'known' ? agents.value.slots.used : 0;

describe('a fleet whose tasks are spread thinly over its agents', () => {
  test('the fleet comes down to what its tasks need within two durations, and no agent that works is stopped', async () => {
    const { decisions, tasks, attempts, completed } = await run(600);
    const before = decisionAt(decisions, DROP_SECONDS);
    const late = decisionAt(decisions, DROP_SECONDS + 2 * TASK_SECONDS);
    expect(countOf(before)).toBeGreaterThanOrEqual(19);
    // Thirty tasks on twenty agents: hardly any of these becomes idle by itself.
    expect(countOf(late)).toBeLessThanOrEqual(agentsFor(1.4 * usedSlots(late), SLOTS));
    expect(countOf(late)).toBeLessThanOrEqual(7);
    expect([attempts, completed]).toEqual([tasks, tasks]);
  });

  test('drains are taken back when arrivals come back before the agents are empty', async () => {
    const { decisions, tasks, attempts, completed } = await run(150);
    const back = DROP_SECONDS + 150;
    const draining = decisions.flatMap(({ surplus }) => surplus?.retire ?? []);
    const resumed = decisions
      .slice(back / config.tickSeconds)
      .flatMap(({ surplus }) => surplus?.resume ?? []);
    expect(draining.length).toBeGreaterThanOrEqual(5);
    expect(resumed.length).toBeGreaterThanOrEqual(3);
    expect([attempts, completed]).toEqual([tasks, tasks]);
  });
});
