import type { PoolConfig } from '../../shared/core/pool/config.ts';
import type { Arrival } from '../../shared/tasks/trace.ts';
import { secondsOf } from '../backtest/compare.ts';

/** What is run. The shorter the trace, the more. */
export type Plan = {
  /** The objective's `withinSeconds` times these. */
  readonly frontier: readonly number[];
  /** Candidates at most. */
  readonly candidates: number;
  /** Peers, the most interesting first. */
  readonly peers: readonly string[];
  /** What was left out, for people. */
  readonly thinned?: string;
};

/**
 * What a run takes on one core, as measured on 2.5 GHz: seconds for each tick of the scaler, and for each task. A peer at
 * its best setting takes three quarters of that, on any trace long enough to matter.
 */
const SECONDS_PER_TICK = 50e-6;
const SECONDS_PER_TASK = 25e-6;
const PEER_SHARE = 0.75;

/** Altogether about a minute. Two runs of the first are today's settings and the changed ones. */
const OWN_SECONDS = 40;
const PEER_SECONDS = 20;

const ALL: Plan = {
  frontier: [0.5, 2, 0.25, 4],
  candidates: 14,
  peers: [
    'keda',
    'static',
    'knative',
    'oracle',
    'target-tracking',
    'step-scaling',
    'temporal',
    'target-tracking-20s',
    'one-step',
  ],
};
const LEAST_OWN_RUNS = 6;
const LEAST_PEERS = 2;

/** What is run in about a minute on one core for up to 100,000 tasks; longer traces take longer in proportion. */
export function planFor(trace: readonly Arrival[], { tickSeconds }: Pick<PoolConfig, 'tickSeconds'>): Plan {
  const runSeconds = (secondsOf(trace) / tickSeconds) * SECONDS_PER_TICK + trace.length * SECONDS_PER_TASK;
  const ownRuns = Math.max(LEAST_OWN_RUNS, Math.floor(OWN_SECONDS / runSeconds)) - 2;
  const peers = Math.max(LEAST_PEERS, Math.floor(PEER_SECONDS / (PEER_SHARE * runSeconds)));
  const frontier = ALL.frontier.slice(0, ownRuns >= 10 ? 4 : 2);
  const candidates = Math.min(ALL.candidates, ownRuns - frontier.length);
  const plan = { frontier, candidates, peers: ALL.peers.slice(0, peers) };
  const left = [
    ...(candidates < ALL.candidates ? [`at most ${candidates} candidates instead of ${ALL.candidates}`] : []),
    ...(peers < ALL.peers.length ? [`${peers} peers instead of ${ALL.peers.length}`] : []),
  ];
  return left.length === 0 ? plan : { ...plan, thinned: `a long trace: ${left.join(', ')}` };
}
