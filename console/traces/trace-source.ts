import type { Model } from '../../sim/backtest/model.ts';
import type { NamedTrace } from '../../sim/backtest/traces.ts';
import type { Source } from '../source.ts';

/** Nothing of it changes. A page that's open asks as rarely as this. */
const PACE_MS = 60_000;

/** Traces instead of a stack: no pool runs, and each trace can be run in the pool of a model. */
export function traceSource(traces: readonly NamedTrace[], { config, startupSeconds }: Model): Source {
  return {
    stack: 'backtest',
    pools: [],
    metricStack: '',
    dashboards: async () => [],
    points: async () => ({}),
    series: async () => ({}),
    alarms: async () => [],
    readPools: async () => [],
    decisions: async () => [],
    lanes: async () => [],
    tasks: async () => [],
    task: async () => undefined,
    async backtestInput(name) {
      const trace = traces.find((each) => each.name === name);
      return trace && { config, startupSeconds, arrivals: trace.tasks };
    },
    traces: traces.map(({ name }) => name),
    pace: { pools: PACE_MS, points: PACE_MS },
  };
}
