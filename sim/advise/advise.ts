import type { PoolConfig } from '../../shared/core/pool/config.ts';
import type { Arrival } from '../../shared/tasks/trace.ts';
import { meets } from '../backtest/candidates.ts';
import { secondsOf } from '../backtest/compare.ts';
import { productionScaler } from '../backtest/production.ts';
import { simulate } from '../backtest/simulate.ts';
import { agentDollarsPerHour, MONTH_HOURS } from '../prices.ts';
import { fitOf, type Size, sizesAround } from './fit.ts';
import type { Footprint } from './footprint.ts';

/** A pool's past: its configuration now, what arrived, and what tasks ask of its agents. */
export type Past = {
  readonly config: PoolConfig;
  readonly startupSeconds: number;
  readonly arrivals: readonly Arrival[];
  readonly beginsAtMs: number;
  readonly endsAtSeconds: number;
  readonly footprint: Footprint;
};

/** How the arrivals would have fared with a number of slots. It doesn't depend on the size of the agents. */
export type Held = {
  readonly within: number;
  readonly meetsObjective: boolean;
  /** Agents paid for, in the mean. */
  readonly agents: number;
};

/** A concurrency and a size, and what's to be said about them. */
export type Option = {
  readonly concurrency: number;
  readonly size: Size;
  readonly isToday: boolean;
} & (
  | { readonly kind: 'possible'; readonly held: Held; readonly dollarsPerMonth: number | undefined }
  | { readonly kind: 'impossible'; readonly why: string }
);

const CONCURRENCIES = [1, 2, 4, 8, 16, 32, 64] as const;

/**
 * Runs a pool's past with each concurrency that agents of some size could carry. `onRun` is called before each run.
 * Besides today's size, each has the cheapest one that carries it.
 */
export async function advise(
  past: Past,
  onRun: (concurrency: number, runs: { readonly done: number; readonly of: number }) => void = () => {},
): Promise<readonly Option[]> {
  const { config, footprint } = past;
  const today = { cpu: config.agent.cpu, memoryMiB: config.agent.memoryMiB };
  const concurrencies = [...new Set([...CONCURRENCIES, config.concurrency])].sort((a, b) => a - b);
  const planned = concurrencies.map((concurrency) => {
    const cheapest = cheapestOf(
      config,
      sizesAround(config).filter((size) => fitOf(concurrency, size, footprint).kind === 'fits'),
    );
    return { concurrency, sizes: isSame(cheapest, today) || !cheapest ? [today] : [today, cheapest] };
  });
  const carried = planned.filter(({ concurrency, sizes }) => isCarried(past, concurrency, sizes));
  const options: Option[] = [];
  for (const { concurrency, sizes } of planned) {
    const done = carried.findIndex((each) => each.concurrency === concurrency);
    if (done >= 0) onRun(concurrency, { done, of: carried.length });
    const held = done < 0 ? undefined : await run(past, concurrency);
    for (const size of sizes) options.push(optionOf(past, { concurrency, size }, held));
  }
  return options;
}

/** Today's settings are run whatever the estimate says: they are in use. */
function isCarried({ config, footprint }: Past, concurrency: number, sizes: readonly Size[]): boolean {
  return (
    concurrency === config.concurrency ||
    sizes.some((size) => fitOf(concurrency, size, footprint).kind === 'fits')
  );
}

function optionOf(
  { config, footprint }: Past,
  { concurrency, size }: Pick<Option, 'concurrency' | 'size'>,
  held: Held | undefined,
): Option {
  const isToday = concurrency === config.concurrency && isSame(size, config.agent);
  const of = { concurrency, size: { cpu: size.cpu, memoryMiB: size.memoryMiB }, isToday };
  const fits = fitOf(concurrency, size, footprint);
  if (held === undefined || (fits.kind === 'too-much' && !isToday))
    return { ...of, kind: 'impossible', why: fits.kind === 'too-much' ? fits.why : 'no size carries it' };
  const perHour = agentDollarsPerHour({ ...config, agent: { ...config.agent, ...size } }, held.agents);
  return { ...of, kind: 'possible', held, dollarsPerMonth: perHour && perHour * MONTH_HOURS };
}

async function run(past: Past, concurrency: number): Promise<Held> {
  const { arrivals, startupSeconds, beginsAtMs, endsAtSeconds } = past;
  const config = { ...past.config, concurrency };
  const result = await simulate(
    arrivals,
    { config, startupSeconds, beginsAtMs, endsAtSeconds },
    { begin: productionScaler },
  );
  return {
    within: result.within,
    meetsObjective: meets(result, config.objective.percent),
    agents: result.paidSeconds / Math.max(1, secondsOf(arrivals), endsAtSeconds),
  };
}

/** Of agents whose price isn't known, the smallest. */
function cheapestOf(config: PoolConfig, sizes: readonly Size[]): Size | undefined {
  const priceOf = (size: Size) =>
    agentDollarsPerHour({ ...config, agent: { ...config.agent, ...size } }, 1) ?? 0;
  return sizes.toSorted((a, b) => priceOf(a) - priceOf(b))[0];
}

function isSame(a: Size | undefined, b: Size): boolean {
  return a?.cpu === b.cpu && a.memoryMiB === b.memoryMiB;
}
