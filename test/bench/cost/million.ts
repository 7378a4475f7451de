import { fileURLToPath } from 'node:url';
import { markdownTable } from 'markdown-table';
import { parsePools } from '../../../shared/core/pool/config.ts';
import { type Arrival, readTrace } from '../../../shared/tasks/trace.ts';
import { productionScaler } from '../../../sim/backtest/production.ts';
import { simulate } from '../../../sim/backtest/simulate.ts';
import { replayed } from '../../../sim/backtest/traces.ts';
import { agentDollarsPerHour, PRICES } from '../../../sim/prices.ts';

const TRACE = fileURLToPath(new URL('../../../sim/traces/taxi-july.csv.gz', import.meta.url));
const DAY_SECONDS = 86_400;
const TASKS = 1e6;
const TASK_SECONDS = 30;
/** The month of the trace has 241,001 arrivals. */
const TIMES = 4;
/** More tasks need more memory: those of sixteen fit into the next size if each takes up to 40 MiB. */
const AGENTS = [
  { concurrency: 1, cpu: 256, memoryMiB: 512 },
  { concurrency: 4, cpu: 256, memoryMiB: 512 },
  { concurrency: 16, cpu: 256, memoryMiB: 512 },
  { concurrency: 16, cpu: 512, memoryMiB: 1024 },
] as const;

/**
 * What the agents of a million tasks of half a minute cost, by their slots: a week of recorded traffic with its days and
 * nights (taxi-july), each arrival four times and durations scaled, through the production scaler; then as much of it as
 * makes a million. Fewer days than seven are faster, and say less.
 */
export async function millionTasksTable(days: number): Promise<string> {
  const endsAtSeconds = days * DAY_SECONDS;
  const tasks = scaled(replayed(await readTrace(TRACE), TIMES), endsAtSeconds);
  const rows: string[][] = [];
  for (const { concurrency, ...agent } of AGENTS) {
    const [config] = parsePools([
      { name: 'million', handler: './handler.ts', min: 1, max: 400, concurrency, agent },
    ]);
    if (!config) throw new Error('the pool is invalid');
    const { paidSeconds, within } = await simulate(
      tasks,
      { config, startupSeconds: 45, endsAtSeconds },
      { begin: productionScaler },
    );
    const agents = paidSeconds / endsAtSeconds;
    const hours = (paidSeconds / 3600) * (TASKS / tasks.length);
    const dollars = (hours / agents) * (agentDollarsPerHour(config, agents) ?? 0);
    rows.push([
      String(concurrency),
      `${agent.cpu / 1024} vCPU, ${agent.memoryMiB / 1024} GB`,
      `${(100 * within).toFixed(1)} %`,
      Math.round(hours).toLocaleString('en'),
      `$${dollars.toFixed(2)}`,
      `$${(hours * PRICES.addressHour).toFixed(2)}`,
    ]);
  }
  const header = ['slots', 'agent', 'in time', 'agent-hours', 'agents', 'their public addresses'];
  return markdownTable([header, ...rows], { align: ['r', 'l', 'r', 'r', 'r', 'r'] });
}

function scaled(trace: readonly Arrival[], endsAtSeconds: number): readonly Arrival[] {
  const kept = trace.filter(({ atSeconds }) => atSeconds < endsAtSeconds);
  const mean = kept.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0) / kept.length;
  return kept.map(({ atSeconds, durationSeconds }) => ({
    atSeconds,
    durationSeconds: (durationSeconds * TASK_SECONDS) / mean,
  }));
}
