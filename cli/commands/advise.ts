import { SingleBar } from 'cli-progress';
import { recordedArrivals } from '../../console/aws-views.ts';
import { lastDecision } from '../../shared/ports/decision-log.ts';
import { advise as adviseOn, type Option, type Past } from '../../sim/advise/advise.ts';
import { type Footprint, footprintOf } from '../../sim/advise/footprint.ts';
import { percentOf, recommendOption } from '../../sim/advise/recommend.ts';
import { sampleLoads } from '../../sim/advise/sample-loads.ts';
import { command } from '../command.ts';
import { CliError, countOf, EXIT } from '../result.ts';
import { findPool, type OpenPool } from '../stack.ts';
import { table } from '../table.ts';
import { duration } from '../time.ts';

const DAYS_AT_MOST = 30;
const DAY_MS = 86_400_000;
/** The estimate is a line. This many times the tasks that were seen is far along it. */
const FAR = 4;
/** Fewer say little about the next ones. */
const LEAST = { tasks: 100, minutes: 60, samples: 5 } as const;

export const advise = command({
  examples: [
    ['advise support', 'show what the last week would have cost with 1 to 64 slots an agent'],
    ['advise support --days 1 --json', 'show the same of the last day as JSON'],
  ],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', demandOption: true, describe: 'name of the pool' },
    days: { type: 'number', default: 7, describe: `days of history to use, up to ${DAYS_AT_MOST}` },
  },
  async run({ pool: name, days, ...stack }) {
    if (!(days > 0 && days <= DAYS_AT_MOST))
      throw new CliError(
        `invalid value ${days} for --days: expected more than 0 and at most ${DAYS_AT_MOST}, because decisions are kept that long`,
        EXIT.usage,
      );
    const past = await pastOf(await findPool({ ...stack }, name), Date.now(), days);
    const { config, footprint } = past;
    const bar = new SingleBar({
      format: '{bar} concurrency {concurrency}',
      clearOnComplete: true,
    });
    let isShown = false;
    const options = await adviseOn(past, (concurrency, { done, of }) => {
      if (!isShown) bar.start(of, done, { concurrency });
      isShown = true;
      bar.update(done, { concurrency });
    });
    bar.stop();
    const { recommended, why } = recommendOption(options, config.objective);
    const seconds = past.endsAtSeconds;
    const about = `${countOf(past.arrivals.length, 'task')} in ${duration(1000 * seconds)}, replayed; ${config.objective.percent} % are to start within ${config.objective.withinSeconds} s; min ${config.min} and max ${config.max} agents`;
    const rows = options.map((option) => rowOf(option, recommended));
    const listed = table(['concurrency', 'CPU', 'MiB', '$ a month', 'in time', 'agents', 'verdict'], rows);
    return {
      text: (width) =>
        [
          about,
          '',
          listed(width),
          '',
          estimateOf(footprint),
          '',
          `${capitalized(why)}.`,
          ...howTo(past, recommended),
        ].join('\n'),
      value: {
        pool: name,
        tasks: past.arrivals.length,
        seconds,
        objective: config.objective,
        footprint,
        options,
        recommended: recommended ?? null,
        why,
      },
    };
  },
});

/** What is known of a pool's past. @throws CliError that says what is missing. */
async function pastOf(open: OpenPool, nowMs: number, days: number): Promise<Past> {
  const { name } = open.pool;
  const sinceMs = nowMs - days * DAY_MS;
  const last = await lastDecision(open.decisions);
  if (last?.kind !== 'decision')
    throw new CliError(`pool "${name}" has no history yet: its scaler hasn't ticked`);
  const { config, forecast } = last.record;
  if (config.max === 0) throw new CliError(`pool "${name}" may have no agents: its max is 0`);
  const { arrivals, beginsAtMs = nowMs, endsAtSeconds = 0 } = await recordedArrivals(open, sinceMs);
  if (arrivals.length < LEAST.tasks || endsAtSeconds < 60 * LEAST.minutes)
    throw new CliError(
      `not enough history of pool "${name}": ${countOf(arrivals.length, 'task')} in ${countOf(Math.round(endsAtSeconds / 60), 'minute')}; it needs ${LEAST.tasks} tasks and ${LEAST.minutes} minutes within --days`,
    );
  const samples = await sampleLoads(open.decisions, {
    fromMs: Math.max(sinceMs, beginsAtMs),
    untilMs: nowMs,
  });
  if (samples.length < LEAST.samples)
    throw new CliError(
      `not enough history of pool "${name}": ${countOf(samples.length, 'sample')} of the load of busy agents; it needs ${LEAST.samples}, and agents measure theirs with each heartbeat (every ${config.heartbeatSeconds} s) while they work`,
    );
  const { startupSeconds } = forecast;
  return { config, startupSeconds, arrivals, beginsAtMs, endsAtSeconds, footprint: footprintOf(samples) };
}

function rowOf(option: Option, recommended: Option | undefined): readonly (string | number)[] {
  const { concurrency, size } = option;
  const of = [concurrency, size.cpu, size.memoryMiB];
  const marks = [
    ...(option.isToday ? ['today'] : []),
    ...(option === recommended ? ['recommended'] : []),
    ...(option.kind === 'impossible' ? [option.why] : []),
    ...(option.kind === 'possible' && !option.held.meetsObjective ? ['misses the objective'] : []),
  ];
  const verdict = marks.length === 0 ? 'possible' : marks.join(', ');
  if (option.kind === 'impossible') return [...of, '', '', '', verdict];
  const { held, dollarsPerMonth } = option;
  return [...of, dollarsPerMonth?.toFixed(2) ?? '', percentOf(option), held.agents.toFixed(1), verdict];
}

function estimateOf({ baseMiB, taskMiB, taskCpu, eventLoopDelayMs, mostTasks, basis }: Footprint): string {
  const memory =
    basis === 'different-tasks'
      ? `${taskMiB.toFixed(0)} MiB for each task beside ${baseMiB.toFixed(0)} MiB`
      : `at most ${taskMiB.toFixed(0)} MiB for each task beside ${baseMiB.toFixed(0)} MiB (an upper bound: agents were only seen with about as many tasks)`;
  return `Estimated from agents with up to ${mostTasks.toFixed(1)} tasks: ${memory}, ${taskCpu.toFixed(0)} CPU units for each task, event loop ${eventLoopDelayMs} ms late.`;
}

/** How to take the advice. Slots take effect at once, another size with a deployment. */
function howTo({ config, footprint }: Past, recommended: Option | undefined): readonly string[] {
  if (recommended === undefined || recommended.isToday) return [];
  const { concurrency, size } = recommended;
  const { cpu, memoryMiB } = config.agent;
  const isResized = size.cpu !== cpu || size.memoryMiB !== memoryMiB;
  const steps = [
    ...(isResized ? [`deploy it with agent: { cpu: ${size.cpu}, memoryMiB: ${size.memoryMiB} }`] : []),
    ...(concurrency === config.concurrency
      ? []
      : [`agentpool set ${config.name} concurrency=${concurrency}`]),
  ];
  const isFar = concurrency > FAR * footprint.mostTasks;
  const caution = `No agent had more than ${footprint.mostTasks.toFixed(0)} at a time: go there in steps, and ask again after a day of each.`;
  return [`How: ${steps.join(', then ')}.`, ...(isFar ? [caution] : [])];
}

function capitalized(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}`;
}
