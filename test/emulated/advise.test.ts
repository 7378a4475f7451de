// Covers: cli/commands/advise.ts
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../cli/run.ts';
import { known } from '../../shared/core/observation.ts';
import { lastDecision } from '../../shared/ports/decision-log.ts';
import { tick } from '../../shared/runtime/tick.ts';
import { startTestStack } from './stack.ts';
import { tickedPool } from './ticked-pool.ts';

const stack = await startTestStack({ min: 1, max: 40 });
afterAll(() => stack.close());

async function advise(...args: string[]) {
  const [said, warned]: [string[], string[]] = [[], []];
  const status = await run(['advise', ...args, '--outputs', stack.stack.outputsFile], {
    say: (text) => void said.push(text),
    warn: (text) => void warned.push(text),
  });
  return { status, said: said.join('\n'), warned: warned.join('\n') };
}

/** Two hours of a task every six seconds, each of a minute. */
async function recordArrivals(): Promise<void> {
  const now = Math.floor(Date.now() / 60_000);
  const minutes = Array.from({ length: 120 }, (_, index) => now - 130 + index);
  await stack.history.add(
    minutes.map((minute) => ({ minute, arrivals: 10, completed: 10, durationMs: 600_000 })),
  );
}

/** Decisions of the last two hours, with what busy agents measured. */
async function recordLoads(): Promise<void> {
  const last = await lastDecision(stack.decisions);
  if (last?.kind !== 'decision') throw new Error('the pool has not been ticked');
  const { observation } = last.record;
  if (observation.agents.kind !== 'known') throw new Error('the agents are unknown');
  const load = { tasks: 1, cpuShare: 0.05, memoryMiB: 140, eventLoopDelayMs: 3 };
  const agents = known({ ...observation.agents.value, load }, observation.atMs);
  for (let minutes = 5; minutes <= 120; minutes += 5) {
    const atMs = observation.atMs - 60_000 * minutes;
    await stack.decisions.put({ ...last.record, observation: { ...observation, atMs, agents } });
  }
}

beforeAll(async () => {
  expect(await advise('test')).toMatchObject({
    status: 1,
    warned: expect.stringContaining('pool "test" has no history yet: its scaler hasn\'t ticked'),
  });
  const { store, decisions, history, config } = stack;
  await tick(tickedPool(stack).ports({ store, decisions, history }), config, 'a');
  expect((await advise('test')).warned).toMatch(
    /not enough history of pool "test": 0 tasks in \d+ minutes?; it needs 100 tasks and 60 minutes within --days/,
  );
  await recordArrivals();
  expect((await advise('test')).warned).toMatch(/0 samples of the load of busy agents; it needs 5/);
  await recordLoads();
});

test('advise shows each concurrency and size with its cost, and recommends one with its reason', async () => {
  const { status, said, warned } = await advise('test');
  expect({ status, warned }).toEqual({ status: 0, warned: '' });
  expect(said).toMatch(
    /^1,?200 tasks in 2 h, replayed; 95 % are to start within 30 s; min 1 and max 40 agents\n/,
  );
  expect(said).toMatch(/\n +1 +256 +512 +\d+\.\d\d +\d+\.\d % +\d+\.\d +today\n/);
  expect(said).toMatch(/\n +16 +256 +512 .*would take 740 of 512 MiB\n/);
  expect(said).toMatch(/at most 40 MiB for each task beside 100 MiB \(an upper bound/);
  expect(said).toMatch(/Take concurrency \d+ on 512 CPU units and 1024 MiB: \$.* less than today’s/);
  expect(said).toMatch(
    /\nHow: deploy it with agent: { cpu: 512, memoryMiB: 1024 }, then agentpool set test concurrency=16\.\nNo agent had more than 1 at a time/,
  );
});

test('advise gives programs the same figures, and the estimate that they rest on', async () => {
  const { status, said } = await advise('test', '--json');
  expect(status).toBe(0);
  const { options, recommended, footprint, tasks } = JSON.parse(said);
  expect(tasks).toBe(1_200);
  expect(footprint).toMatchObject({ basis: 'upper-bound', baseMiB: 100, taskMiB: 40, mostTasks: 1 });
  expect(options).toContainEqual(recommended);
  const [today] = options;
  expect(today).toMatchObject({ concurrency: 1, isToday: true, kind: 'possible' });
  expect(recommended.dollarsPerMonth).toBeLessThan(today.dollarsPerMonth / 2);
});

test.each([
  [['test', '--days', '0'], 2, 'invalid value 0 for --days: expected more than 0 and at most 30'],
  [['test', '--days', '31'], 2, 'invalid value 31 for --days'],
  [['test', '--days', 'all'], 2, 'invalid value of --days: expected a number'],
  [['none'], 3, 'unknown pool "none" (pools: test)'],
  [[], 2, 'missing argument: agentpool advise <pool>'],
])('advise %j ends with status %i and says what to do', async (args, status, message) => {
  const ended = await advise(...args);
  expect(ended).toMatchObject({ status, said: '' });
  expect(ended.warned).toContain(message);
});
