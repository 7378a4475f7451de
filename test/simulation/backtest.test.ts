// Covers: sim/backtest/main.ts, sim/backtest/simulate.ts, sim/backtest/production.ts, sim/backtest/report.ts, sim/backtest/plot.ts, sim/backtest/candidates.ts
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DecisionRecord, replay } from '../../shared/core/decision-record.ts';
import { readTrace } from '../../shared/tasks/trace.ts';
import { productionScaler } from '../../sim/backtest/production.ts';
import { peerScaler } from '../../sim/backtest/scaler.ts';
import { simulate } from '../../sim/backtest/simulate.ts';
import { World } from '../../sim/backtest/world.ts';
import { constant } from '../../sim/peers/constant.ts';
import { pool } from '../unit/build.ts';

const model = { config: pool({ min: 2, max: 400 }), startupSeconds: 45 };
const trace = (name: string) => readTrace(`sim/traces/${name}.csv.gz`);
const task = (atSeconds: number, durationSeconds: number) => ({ atSeconds, durationSeconds });

describe('a simulated pool', () => {
  const fixed = (size: number) => (tasks: Parameters<typeof simulate>[0]) =>
    simulate(tasks, model, { begin: (world) => peerScaler(constant, size, world) });

  test('a simulated pool runs tasks first in, first out, on the agents it starts with', async () => {
    // Two agents: the third task waits until the first ends, the fourth until the second does.
    const tasks = [task(0, 10), task(0, 30), task(1, 5), task(2, 5), task(3, 5)];
    const result = await fixed(2)(tasks);
    expect(result.queueWaitSeconds).toEqual({ p50: 9, p95: 17, p99: 17, max: 17 });
    expect(result.within).toBe(1);
  });
  test('a simulated pool bills an agent from its request on, for at least a minute', async () => {
    // Asked for at 0, ready at 45, when the third task starts, done at 50.
    const result = await fixed(3)([task(0, 100), task(0, 100), task(0, 5)]);
    expect(result).toMatchObject({ launches: 1, actions: 1 });
    expect(result.queueWaitSeconds.max).toBe(45);
    expect(result.paidPerBusy).toBeCloseTo((100 + 100 + 60) / 205, 10);
  });
  test('a simulated pool counts the tasks that found no ready agent', () => {
    const world = new World([task(0, 10), task(0, 10), task(1, 5), task(2, 5), task(30, 5)], model);
    world.advance(60);
    expect([world.arrived, world.unmatched, world.started]).toEqual([5, 2, 5]);
  });
  test('a simulated pool that is given up counts the tasks that have not started as late', async () => {
    const tasks = Array.from({ length: 10 }, () => task(0, 100));
    const result = await simulate(tasks, model, {
      begin: (world) => peerScaler(constant, 2, world),
      giveUp: ({ late }) => late > 0,
    });
    // Two start at once and two after 100 s, too late; the other six are not waited for.
    expect(result.within).toBe(0.2);
    expect(result.queueWaitSeconds.max).toBe(Infinity);
  });
  test('a simulated pool reports its worst hour and its late tasks', async () => {
    const early = Array.from({ length: 20 }, () => task(0, 1));
    const late = Array.from({ length: 20 }, () => task(3600, 100));
    const result = await fixed(2)([...early, ...late]);
    expect(result.within).toBe(22 / 40);
    expect(result.worstHourWithin).toBe(2 / 20);
  });
});

describe('the production scaler in a simulated pool', () => {
  test('the production scaler gives the same figures on every run of a trace', async () => {
    const tasks = await trace('azure-conversation');
    const run = () => simulate(tasks, model, { begin: productionScaler });
    expect(await run()).toEqual(await run());
  });

  test('every decision of a backtest replays from its record, is readable and fits an item', async () => {
    const records: DecisionRecord[] = [];
    await simulate(await trace('azure-conversation'), model, {
      begin: (world) =>
        productionScaler(world, (record) =>
          records.push(JSON.parse(JSON.stringify(record)) as DecisionRecord),
        ),
    });
    expect(records.length).toBeGreaterThan(200);
    for (const record of records) {
      const { decision, forecast, proposals, guards } = replay(record);
      expect({ decision, forecast, proposals, guards }).toEqual({
        decision: record.decision,
        forecast: record.forecast,
        proposals: record.proposals,
        guards: record.guards,
      });
      expect(record.decision.reason.text).toMatch(/\w+ \w+/);
      expect(JSON.stringify(record).length).toBeLessThan(20_000);
    }
  });

  test.each([
    ['azure-conversation', 1.106],
    ['duration-drift', 1.257],
  ])(
    'the production scaler meets the objective on %s for less than the cheapest peer',
    async (name, cheapestPeer) => {
      const result = await simulate(await trace(name), model, { begin: productionScaler });
      expect(result.within).toBeGreaterThanOrEqual(0.95);
      expect(result.paidPerBusy).toBeLessThan(cheapestPeer);
    },
  );
});

describe('the command', () => {
  let directory: string;
  let file: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'agentpool-backtest-'));
    file = join(directory, 'week.csv');
    const tasks = Array.from({ length: 200 }, (_, index) => `${index * 5},${20 + (index % 7)}`);
    await writeFile(file, `arrival_s,work_s\n${tasks.join('\n')}\n`);
  });
  afterAll(() => rm(directory, { recursive: true }));

  const backtest = (...args: readonly string[]) =>
    promisify(execFile)(process.execPath, ['sim/backtest/main.ts', ...args]);

  test('the backtest prints one JSON document, the same bytes every time', async () => {
    const args = ['--trace', file, '--policy', 'default', '--policy', 'peers', '--json'];
    const [once, again] = await Promise.all([backtest(...args), backtest(...args)]);
    expect(once.stdout).toBe(again.stdout);
    const { traces } = JSON.parse(once.stdout) as {
      traces: { trace: string; tasks: number; policies: object[] }[];
    };
    expect(traces).toMatchObject([{ trace: 'week', tasks: 200 }]);
    expect(traces[0]?.policies[0]).toEqual({
      policy: 'default',
      kind: 'own',
      setting: null,
      atEdge: false,
      within: expect.any(Number),
      worstHourWithin: expect.any(Number),
      queueWaitSeconds: {
        p50: expect.any(Number),
        p95: expect.any(Number),
        p99: expect.any(Number),
        max: expect.any(Number),
      },
      paidSeconds: expect.any(Number),
      paidPerBusy: expect.any(Number),
      dollarsPerMonth: expect.any(Number),
      gapClosed: expect.any(Number),
      launches: expect.any(Number),
      actions: expect.any(Number),
      completedPerMinute: expect.any(Number),
      refusedCalls: 0,
    });
    expect(traces[0]?.policies).toHaveLength(10);
  });

  test('the backtest prints a table and draws a plot', async () => {
    const plot = join(directory, 'run.svg');
    const { stdout } = await backtest(
      '--trace',
      file,
      '--policy',
      'keda',
      '--policy',
      'predictive',
      '--plot',
      plot,
    );
    expect(stdout).toMatch(/\| keda +\| +\d/);
    expect(stdout).toMatch(/\| predictive +\|/);
    expect(await readFile(plot, 'utf8')).toMatch(/^<svg[\s\S]*tasks waiting[\s\S]*<\/svg>$/);
  });

  test('the backtest takes another start-up time and another objective', async () => {
    const within = async (...args: readonly string[]) => {
      const { stdout } = await backtest('--trace', file, '--policy', 'default', '--json', ...args);
      return (JSON.parse(stdout) as { traces: { policies: { within: number }[] }[] }).traces[0]?.policies[0]
        ?.within;
    };
    const [atOnce, late, lenient] = await Promise.all([
      within('--startup', '0'),
      within('--startup', '600'),
      within('--objective', '50% within 600s'),
    ]);
    expect(atOnce).toBeGreaterThan(late as number);
    expect(lenient).toBe(1);
  });

  test('a backtest that cannot start ends with status 2 and says what is wrong', async () => {
    await expect(backtest('--trace', 'nowhere.csv')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nowhere.csv cannot be read: no such file'),
    });
  });
});
