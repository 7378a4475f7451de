import { POLICY_NAMES } from '../../shared/core/pool/config.ts';
import type { Arrival } from '../../shared/tasks/trace.ts';
import { PEERS } from '../peers/peers.ts';
import type { Model } from './model.ts';
import { productionScaler } from './production.ts';
import { type Peer, peerScaler } from './scaler.ts';
import { type RunResult, simulate } from './simulate.ts';
import { tune } from './tune.ts';

/** How one policy did on a trace, at its best setting where it has any. */
export type PolicyResult = {
  readonly policy: string;
  /** Whose policy it is. A bound is no policy that anybody could run. */
  readonly kind: 'own' | 'peer' | 'bound';
  readonly setting: number | null;
  /** The best setting is the last one tried in its direction: a better one may lie beyond. */
  readonly atEdge: boolean;
} & RunResult;

/** Something to run over a trace. `onRun` is called after each run that this takes. */
export type Candidate = {
  readonly policy: string;
  run(trace: readonly Arrival[], model: Model, onRun: () => void): Promise<PolicyResult>;
};

/** The candidates that names and groups of names stand for, each once. */
export function candidatesFor(names: readonly string[]): readonly Candidate[] {
  const peers = PEERS.map(({ name }) => name);
  const wanted = names.flatMap((name) => {
    if (name === 'peers') return peers;
    return name === 'all' ? ['default', ...POLICY_NAMES, ...peers] : [name];
  });
  return [...new Set(wanted)].map(candidate);
}

function candidate(name: string): Candidate {
  if (name === 'default') return production(name, (model) => model);
  // `oneStep` is both a policy and a peer: the peer is the rule as it is, without this project's guards.
  const peer = PEERS.find((each) => each.name === name);
  if (peer) return tuned(peer);
  const policy = POLICY_NAMES.find((each) => each === name);
  return production(name, (model) => ({
    ...model,
    config: { ...model.config, policies: policy ? [policy] : model.config.policies },
  }));
}

function production(policy: string, change: (model: Model) => Model): Candidate {
  return {
    policy,
    async run(trace, model, onRun) {
      const result = await simulate(trace, withLimit(change(model)), { begin: productionScaler });
      onRun();
      return { policy, kind: 'own', setting: null, atEdge: false, ...result };
    },
  };
}

/** The pool's agents know its provider's limit. */
function withLimit(model: Model): Model {
  const { limit, config } = model;
  return limit ? { ...model, config: { ...config, limits: [limit] } } : model;
}

/** A peer at its best setting for the very trace. */
function tuned(peer: Peer): Candidate {
  const kind = peer.isBound ? 'bound' : 'peer';
  return {
    policy: peer.name,
    async run(trace, model, onRun) {
      const { percent } = model.config.objective;
      const lateAtMost = (trace.length * (100 - percent)) / 100;
      let isMet = false;
      const runOne = async (setting: number): Promise<PolicyResult> => {
        const result = await simulate(trace, model, {
          begin: (world) => peerScaler(peer, setting, world),
          // Once a setting meets the objective, one that misses it is of no interest.
          giveUp: ({ late }) => isMet && late > lateAtMost,
        });
        isMet ||= meets(result, percent);
        onRun();
        return { policy: peer.name, kind, setting, atEdge: false, ...result };
      };
      const { settings } = peer;
      if (typeof settings === 'number') return runOne(settings);
      const pick = (results: readonly PolicyResult[]) => best(results, model);
      if (settings === 'smallest') return pick(await bisect(model, runOne));
      const found = await tune(settings, trace.length, runOne, pick);
      return { ...found.best, atEdge: found.atEdge };
    },
  };
}

/** Runs fleets of half the remaining sizes until the smallest that meets the objective is among them. */
async function bisect(
  { config }: Model,
  run: (setting: number) => Promise<PolicyResult>,
): Promise<readonly PolicyResult[]> {
  const results: PolicyResult[] = [];
  let [low, high] = [config.min, config.max];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const result = await run(middle);
    results.push(result);
    if (meets(result, config.objective.percent)) high = middle;
    else low = middle + 1;
  }
  return results.some(({ setting }) => setting === high) ? results : [...results, await run(high)];
}

/** Behind a limit that no setting can meet the objective with, the ones that complete this share of the most compete. */
const SAME_THROUGHPUT = 0.97;

/**
 * The cheapest that meets the objective. When none does, the one that comes closest, or behind a limit the cheapest of
 * those that complete the most tasks.
 */
function best(results: readonly PolicyResult[], { config, limit }: Model): PolicyResult {
  const most = Math.max(...results.map((result) => result.completedPerMinute));
  const isFast = (result: PolicyResult) => result.completedPerMinute >= SAME_THROUGHPUT * most;
  const onTime = results.filter((result) => meets(result, config.objective.percent));
  const meeting = onTime.length === 0 && limit ? results.filter(isFast) : onTime;
  const [first] =
    meeting.length > 0
      ? meeting.toSorted((a, b) => a.paidPerBusy - b.paidPerBusy)
      : results.toSorted((a, b) => b.within - a.within);
  return first as PolicyResult;
}

export function meets({ within }: Pick<RunResult, 'within'>, percent: number): boolean {
  return within >= percent / 100;
}
