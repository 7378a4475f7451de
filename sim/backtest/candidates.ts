import { POLICY_NAMES } from '../../shared/core/pool/config.ts';
import type { Arrival } from '../../shared/tasks/trace.ts';
import { PEERS } from '../peers/peers.ts';
import type { Model } from './model.ts';
import { productionScaler } from './production.ts';
import { type Peer, peerScaler } from './scaler.ts';
import { type RunResult, simulate } from './simulate.ts';

/** How one policy did on a trace, at its best setting where it has any. */
export type PolicyResult = { readonly policy: string; readonly setting: number | null } & RunResult;

/** Something to run over a trace. `steps` is how many runs that takes, about. */
export type Candidate = {
  readonly policy: string;
  readonly steps: number;
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
  if (peer) return reaped(peer);
  const policy = POLICY_NAMES.find((each) => each === name);
  return production(name, (model) => ({
    ...model,
    config: { ...model.config, policies: policy ? [policy] : model.config.policies },
  }));
}

function production(policy: string, change: (model: Model) => Model): Candidate {
  return {
    policy,
    steps: 1,
    async run(trace, model, onRun) {
      const result = await simulate(trace, change(model), { begin: productionScaler });
      onRun();
      return { policy, setting: null, ...result };
    },
  };
}

function reaped(peer: Peer): Candidate {
  return {
    policy: peer.name,
    steps: peer.settings === 'smallest' ? 9 : peer.settings.length,
    async run(trace, model, onRun) {
      const runOne = async (setting: number): Promise<PolicyResult> => {
        const result = await simulate(trace, model, { begin: (world) => peerScaler(peer, setting, world) });
        onRun();
        return { policy: peer.name, setting, ...result };
      };
      const results =
        peer.settings === 'smallest'
          ? await bisect(model, runOne)
          : await Array.fromAsync(peer.settings, runOne);
      return best(results, model);
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

/** The cheapest that meets the objective; when none does, the one that comes closest. */
function best(results: readonly PolicyResult[], { config }: Model): PolicyResult {
  const meeting = results.filter((result) => meets(result, config.objective.percent));
  const [first] =
    meeting.length > 0
      ? meeting.toSorted((a, b) => a.paidPerBusy - b.paidPerBusy)
      : results.toSorted((a, b) => b.within - a.within);
  return first as PolicyResult;
}

export function meets({ within }: Pick<RunResult, 'within'>, percent: number): boolean {
  return within >= percent / 100;
}
