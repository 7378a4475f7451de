// Covers: shared/core/summarize-agents.ts, sim/advise/footprint.ts, sim/advise/fit.ts, sim/advise/recommend.ts, sim/advise/advise.ts, sim/advise/sample-loads.ts
import { describe, expect, test } from 'vitest';
import type { AgentInstance, AgentLoad } from '../../shared/core/pool/agent-instance.ts';
import { summarize } from '../../shared/core/summarize-agents.ts';
import type { DecisionRange, LoggedDecision } from '../../shared/ports/decision-log.ts';
import { advise, type Option } from '../../sim/advise/advise.ts';
import { fitOf, sizesAround } from '../../sim/advise/fit.ts';
import { type Footprint, footprintOf, type LoadSample } from '../../sim/advise/footprint.ts';
import { recommendOption } from '../../sim/advise/recommend.ts';
import { sampleLoads } from '../../sim/advise/sample-loads.ts';
import { decisionRecord, inputs, instance, NOW_MS, observation, pool } from './build.ts';

const sample = (changes: Partial<LoadSample> = {}): LoadSample => ({
  tasks: 1,
  cpuShare: 0.1,
  memoryMiB: 150,
  eventLoopDelayMs: 2,
  cpu: 256,
  ...changes,
});
const footprint = (changes: Partial<Footprint> = {}): Footprint => ({
  baseMiB: 120,
  taskMiB: 20,
  taskCpu: 10,
  eventLoopDelayMs: 2,
  mostTasks: 1,
  basis: 'upper-bound',
  ...changes,
});
const size = { cpu: 256, memoryMiB: 512 };

describe('what a task takes up', () => {
  test('the memory of a task is what agents with more tasks take more, with no sample above the estimate', () => {
    const samples = [1, 2, 4, 8].map((tasks) => sample({ tasks, memoryMiB: 130 + 12 * tasks }));
    const found = footprintOf([...samples, sample({ tasks: 4, memoryMiB: 190 })]);
    expect(found).toMatchObject({ basis: 'different-tasks', mostTasks: 8 });
    expect(found.taskMiB).toBeCloseTo(12, 0);
    expect(found.baseMiB + 4 * found.taskMiB).toBeCloseTo(190, 6);
  });
  test('with one task at a time, all that an agent takes beyond an empty worker counts as the task’s', () => {
    const found = footprintOf([sample({ memoryMiB: 140 }), sample({ memoryMiB: 180 })]);
    expect(found).toMatchObject({ basis: 'upper-bound', baseMiB: 100, taskMiB: 80 });
  });
  test('the CPU of a task is in units, whatever the size of the agents was', () => {
    const samples = [
      sample({ tasks: 2, cpuShare: 0.2, cpu: 256 }),
      sample({ tasks: 4, cpuShare: 0.1, cpu: 1024 }),
    ];
    expect(footprintOf(samples).taskCpu).toBeCloseTo(25.6, 6);
  });
  test('one tick in ten may have a long delay', () => {
    const samples = Array.from({ length: 10 }, (_, index) =>
      sample({ eventLoopDelayMs: index === 3 ? 900 : 5 }),
    );
    expect(footprintOf(samples).eventLoopDelayMs).toBe(5);
  });
});

describe('whether agents carry a number of tasks', () => {
  test.each([
    [14, footprint(), { kind: 'fits' }],
    [15, footprint(), { kind: 'too-much', why: 'would take 420 of 512 MiB' }],
    [
      16,
      footprint({ taskMiB: 2, taskCpu: 13 }),
      { kind: 'too-much', why: 'would take 208 of 256 CPU units' },
    ],
    [
      2,
      footprint({ eventLoopDelayMs: 140 }),
      {
        kind: 'too-much',
        why: 'tasks would hold each other up: the event loop is already 140 ms late',
      },
    ],
    // They do so today.
    [4, footprint({ eventLoopDelayMs: 140, mostTasks: 4 }), { kind: 'fits' }],
  ])('%d slots: %j gives %j', (slots, of, expected) => {
    expect(fitOf(slots, size, of)).toEqual(expected);
  });
  test('Fargate’s sizes are considered up to eight times the CPU of today’s, and others only as they are', () => {
    const cpus = (changes: object) => [...new Set(sizesAround(pool(changes)).map(({ cpu }) => cpu))];
    expect(cpus({})).toEqual([256, 512, 1024, 2048]);
    expect(cpus({ agent: { cpu: 300, memoryMiB: 700 }, capacity: { ec2: ['gpu'] } })).toEqual([300]);
  });
});

describe('the advice', () => {
  const objective = { percent: 95, withinSeconds: 30 };
  const option = (
    concurrency: number,
    dollarsPerMonth: number,
    changes: { within?: number; isToday?: boolean } = {},
  ): Option => {
    const { within = 0.96, isToday = false } = changes;
    const held = { within, meetsObjective: within >= 0.95, agents: dollarsPerMonth / 7 };
    return { concurrency, size, isToday, kind: 'possible', held, dollarsPerMonth };
  };
  const chosen = (...options: Option[]) => recommendOption(options, objective);

  test('the cheapest that meets the objective is recommended, with what it saves', () => {
    const { recommended, why } = chosen(
      option(1, 80, { isToday: true }),
      option(4, 20),
      option(8, 5, { within: 0.94 }),
    );
    expect(recommended?.concurrency).toBe(4);
    expect(why).toBe(
      'take concurrency 4 on 256 CPU units and 512 MiB: $20.00 a month, 75 % less than today’s concurrency 1 on 256 CPU units and 512 MiB, with 96.0 % in time',
    );
  });
  test('of options that cost about the same, the one with the fewest slots is recommended', () => {
    expect(
      chosen(option(1, 80, { isToday: true }), option(8, 20.5), option(16, 20)).recommended?.concurrency,
    ).toBe(8);
  });
  test('today’s are kept unless another saves more than 5 %', () => {
    const { recommended, why } = chosen(option(4, 20, { isToday: true }), option(8, 19.2));
    expect(recommended?.isToday).toBe(true);
    expect(why).toContain('keep concurrency 4');
  });
  test('where nothing meets the objective, nothing is recommended, and why says what comes closest', () => {
    const { recommended, why } = chosen(
      option(1, 80, { within: 0.5, isToday: true }),
      option(2, 50, { within: 0.9499 }),
    );
    expect(recommended).toBeUndefined();
    expect(why).toContain('concurrency 2 on 256 CPU units and 512 MiB comes closest, with 94.9 %');
  });
});

describe('a past that is run with other concurrencies', () => {
  const arrivals = Array.from({ length: 600 }, (_, index) => ({ atSeconds: index * 6, durationSeconds: 60 }));
  const past = {
    config: pool({ min: 1, max: 50 }),
    startupSeconds: 45,
    arrivals,
    beginsAtMs: NOW_MS,
    endsAtSeconds: 3_600,
    footprint: footprint({ taskMiB: 40, taskCpu: 10 }),
  };

  test('each concurrency is run in today’s size and in the cheapest that carries it', async () => {
    const runs: number[] = [];
    const options = await advise(past, (concurrency) => runs.push(concurrency));
    // Eight slots need 440 MiB, which is too much for 512; sixty-four need 2,680.
    const sizesOf = (concurrency: number) =>
      options
        .filter((each) => each.concurrency === concurrency)
        .map(({ size: { cpu, memoryMiB }, kind }) => [cpu, memoryMiB, kind]);
    expect(sizesOf(4)).toEqual([[256, 512, 'possible']]);
    expect(sizesOf(8)).toEqual([
      [256, 512, 'impossible'],
      [256, 1024, 'possible'],
    ]);
    expect(sizesOf(64)).toEqual([
      [256, 512, 'impossible'],
      [1024, 4096, 'possible'],
    ]);
    expect(runs).toEqual([1, 2, 4, 8, 16, 32, 64]);
    const agents = (concurrency: number) =>
      options.flatMap((each) =>
        each.concurrency === concurrency && each.kind === 'possible' ? [each.held.agents] : [],
      )[0];
    expect(agents(1)).toBeGreaterThan(10);
    expect(agents(4)).toBeLessThan((agents(1) ?? 0) / 2.5);
  });
  test('a concurrency that no size carries is not run, unless it is today’s', async () => {
    const runs: number[] = [];
    const heavy = { ...past, footprint: footprint({ taskMiB: 100_000 }) };
    const options = await advise(heavy, (concurrency) => runs.push(concurrency));
    expect(runs).toEqual([1]);
    expect(options.filter(({ kind }) => kind === 'possible')).toMatchObject([{ isToday: true }]);
  });
});

describe('the load of busy agents', () => {
  const context = { nowMs: NOW_MS, config: pool(), generation: 0, fleet: undefined };
  const busy = (id: string, tasks: number, load?: AgentLoad) =>
    instance({
      id,
      status: 'busy',
      slots: 8,
      tasks: Object.fromEntries(Array.from({ length: tasks }, (_, index) => [`${id}-${index}`, NOW_MS])),
      ...(load && { load }),
    });
  const loadOf = (...agents: AgentInstance[]) => summarize(agents, 0, context).load;

  test('a summary has the mean of what agents compute and of their tasks, and the most memory and delay', () => {
    const summary = loadOf(
      busy('a', 1, { cpuShare: 0.1, memoryMiB: 140, eventLoopDelayMs: 30 }),
      busy('b', 4, { cpuShare: 0.5, memoryMiB: 200, eventLoopDelayMs: 3 }),
      busy('unmeasured', 8),
      instance({
        id: 'idle',
        slots: 8,
        tasks: {},
        load: { cpuShare: 1, memoryMiB: 900, eventLoopDelayMs: 9 },
      }),
    );
    expect(summary).toEqual({ tasks: 2.5, cpuShare: 0.3, memoryMiB: 200, eventLoopDelayMs: 30 });
  });
  test('a summary has no load while no agent that is busy has measured one', () => {
    expect(loadOf(busy('a', 1))).toBeUndefined();
  });
});

describe('samples of the load', () => {
  const day = 86_400_000;
  const read = async (fromMs: number) => {
    const ranges: DecisionRange[] = [];
    const load = { tasks: 2, cpuShare: 0.3, memoryMiB: 160, eventLoopDelayMs: 4 };
    const slots = { used: 2, free: 0, unusable: 0, draining: 0 };
    const consolidating = { agents: 0, empty: 0 };
    const agents = { load, slots, consolidating, resumable: [], heldUp: 0 };
    const record = decisionRecord(inputs(observation(1, { agents })));
    const decisions = {
      async *read(range: DecisionRange = {}): AsyncGenerator<LoggedDecision> {
        ranges.push(range);
        yield { kind: 'decision', atMs: NOW_MS, record };
      },
    };
    return { samples: await sampleLoads(decisions, { fromMs, untilMs: NOW_MS }), ranges };
  };

  test('a week is sampled once an hour, with one read each, and so is a month with as many', async () => {
    const { samples, ranges } = await read(NOW_MS - 7 * day);
    expect(samples).toHaveLength(168);
    expect(samples[0]).toEqual({ tasks: 2, cpuShare: 0.3, memoryMiB: 160, eventLoopDelayMs: 4, cpu: 256 });
    expect(ranges[0]).toEqual({ afterMs: NOW_MS - day / 24, untilMs: NOW_MS });
    expect((await read(NOW_MS - 30 * day)).ranges).toHaveLength(168);
  });
  test('an hour is sampled once a minute', async () => {
    expect((await read(NOW_MS - day / 24)).samples).toHaveLength(60);
  });
});
