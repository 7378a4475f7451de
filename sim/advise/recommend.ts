import type { PoolConfig } from '../../shared/core/pool/config.ts';
import type { Option } from './advise.ts';

type Possible = Extract<Option, { kind: 'possible' }>;

export type Advice = {
  /** The option to take; undefined where none meets the objective. */
  readonly recommended: Option | undefined;
  /** A sentence. */
  readonly why: string;
};

/** A crash takes all tasks of an agent with it: twice as many at a time are worth it for a saving of more than this. */
const WORTH_SAVING = 0.05;

/**
 * The cheapest option that meets the objective. Of those that cost hardly more, the one with the fewest slots; and
 * today's, if it is one of these.
 */
export function recommendOption(options: readonly Option[], objective: PoolConfig['objective']): Advice {
  const possible = options.filter((option) => option.kind === 'possible');
  const today = possible.find(({ isToday }) => isToday);
  const aim = `${objective.percent} % within ${objective.withinSeconds} s`;
  const meeting = possible
    .filter(({ held }) => held.meetsObjective)
    .toSorted((a, b) => costOf(a) - costOf(b));
  const [cheapest] = meeting;
  if (cheapest === undefined) {
    const [closest] = possible.toSorted((a, b) => b.held.within - a.held.within);
    const why = closest
      ? `no concurrency meets ${aim} with these arrivals: ${nameOf(closest)} comes closest, with ${percentOf(closest)}. Raise max, min or the objective’s time first (agentpool console shows what each would do)`
      : 'agents of no size carry these tasks, by the estimate';
    return { recommended: undefined, why };
  }
  const asCheap = meeting.filter((option) => costOf(option) * (1 - WORTH_SAVING) <= costOf(cheapest));
  const best =
    asCheap.find(({ isToday }) => isToday) ??
    (asCheap.toSorted((a, b) => a.concurrency - b.concurrency)[0] as Possible);
  if (best.isToday)
    return {
      recommended: best,
      why: `keep ${nameOf(best)}: it meets ${aim}, with ${percentOf(best)}, and nothing that does saves more than 5 %`,
    };
  const saves = today?.held.meetsObjective
    ? `${(100 * (1 - costOf(best) / costOf(today))).toFixed(0)} % less than today’s ${nameOf(today)}`
    : `the cheapest that meets ${aim}${today ? `, which today’s ${nameOf(today)} misses` : ''}`;
  return {
    recommended: best,
    why: `take ${nameOf(best)}: ${amountOf(best)}, ${saves}, with ${percentOf(best)} in time`,
  };
}

/** Agents where the price isn't known: all have the same size then. */
function costOf({ dollarsPerMonth, held }: Possible): number {
  return dollarsPerMonth ?? held.agents;
}

function amountOf({ dollarsPerMonth, held }: Possible): string {
  return dollarsPerMonth === undefined
    ? `${held.agents.toFixed(1)} agents in the mean`
    : `$${dollarsPerMonth.toFixed(2)} a month`;
}

function nameOf({ concurrency, size }: Option): string {
  return `concurrency ${concurrency} on ${size.cpu} CPU units and ${size.memoryMiB} MiB`;
}

/** Rounded down, so that what misses 95 % never reads as 95.0 %. */
export function percentOf({ held }: Possible): string {
  return `${(Math.floor(1000 * held.within + 1e-9) / 10).toFixed(1)} %`;
}
