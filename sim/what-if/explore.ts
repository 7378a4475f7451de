import { ConfigError, type PoolConfig } from '../../shared/core/pool/config.ts';
import { type Candidate, candidatesFor, meets } from '../backtest/candidates.ts';
import { secondsOf } from '../backtest/compare.ts';
import type { Model } from '../backtest/model.ts';
import { productionScaler } from '../backtest/production.ts';
import { type RunResult, simulate } from '../backtest/simulate.ts';
import { agentDollarsPerHour } from '../prices.ts';
import { labelOf, objectiveOf, peerLabel, peerName } from './labels.ts';
import { CHEAPER, FASTER, loadOf, type Move } from './moves.ts';
import { type Plan, planFor } from './plan.ts';
import { isBetter, recommend } from './recommend.ts';
import { differences, type WhatIf, type WhatIfEvent, type WhatIfPoint, withChange } from './what-if.ts';

/** The waits that a frontier may aim at, in seconds: those of an objective. */
const WITHIN_AT_MOST_SECONDS = 86_400;

/**
 * Runs a pool's arrivals under today's settings, the changed ones, the peers, and then others: a frontier, and
 * candidates, each a step from the best settings so far. Calls `onEvent` with what comes of each; the last event is `done`
 * or `failed`. The same question always gives the same points. It doesn't return to the event loop before it ends, so run
 * it in a worker ({@link startWhatIf} does).
 */
export async function explore(whatIf: WhatIf, onEvent: (event: WhatIfEvent) => void): Promise<void> {
  try {
    if (whatIf.arrivals.length === 0) throw new ConfigError('there are no arrivals to run');
    await new Exploration(whatIf, onEvent).run();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    onEvent({ kind: 'failed', reason: error.message });
  }
}

/** Settings that were run, and what came of them. */
type Tried = { readonly config: PoolConfig; readonly point: WhatIfPoint };

class Exploration {
  readonly #whatIf: WhatIf;
  readonly #onEvent: (event: WhatIfEvent) => void;
  readonly #changed: PoolConfig;
  /** What all points are judged by: the objective that the operator asks for. */
  readonly #objective: PoolConfig['objective'];
  readonly #plan: Plan;
  readonly #seconds: number;
  readonly #tried: Tried[] = [];
  #done = 0;
  #of = 0;

  /** @throws ConfigError when the change is invalid. */
  constructor(whatIf: WhatIf, onEvent: (event: WhatIfEvent) => void) {
    this.#whatIf = whatIf;
    this.#onEvent = onEvent;
    this.#changed = withChange(whatIf.config, whatIf.change);
    this.#objective = this.#changed.objective;
    this.#plan = planFor(whatIf.arrivals, whatIf.config);
    this.#seconds = Math.max(1, secondsOf(whatIf.arrivals), whatIf.endsAtSeconds ?? 0);
  }

  async run(): Promise<void> {
    const { frontier, candidates, peers } = this.#plan;
    // A pool that may have no agent would never end its tasks: then there's only the change to run.
    const today = this.#whatIf.config.max === 0 ? this.#changed : withChange(this.#whatIf.config, {});
    const isChanged = this.#whatIf.config.max === 0 || this.#isNew(today, this.#changed);
    const isBoth = isChanged && this.#whatIf.config.max > 0;
    this.#of = 1 + Number(isBoth) + peers.length + frontier.length + candidates;
    if (isBoth || !isChanged) await this.#runOwn('today', today);
    if (isChanged) await this.#runOwn('changed', this.#changed);
    for (const peer of candidatesFor(peers)) await this.#runPeer(peer);
    for (const factor of frontier) await this.#runFrontier(factor);
    await this.#search(candidates);
    const points = this.#tried.map(({ point }) => point);
    this.#of = this.#done;
    this.#progress('choosing');
    this.#onEvent({ kind: 'done', ...recommend(points, this.#objective) });
  }

  /** Takes steps from the best settings so far, each kind until one of it is no improvement. */
  async #search(runs: number): Promise<void> {
    const load = loadOf(this.#whatIf.arrivals);
    const failed = new Set<Move>();
    const thinned = this.#plan.thinned === undefined ? '' : ` (${this.#plan.thinned})`;
    for (let left = runs; left > 0; ) {
      const best = this.#best();
      const moves = best.point.meetsObjective ? CHEAPER : FASTER;
      const move = moves.find((each) => !failed.has(each));
      if (move === undefined) return;
      const config = this.#moved(best.config, move(best.config, load));
      if (config === undefined) {
        failed.add(move);
        continue;
      }
      left -= 1;
      const tried = await this.#runOwn('candidate', config, thinned);
      if (!isBetter(tried.point, best.point)) failed.add(move);
    }
  }

  /** The settings with some values changed, unless that is impossible or was tried before. */
  #moved(from: PoolConfig, values: Readonly<Record<string, unknown>> | undefined): PoolConfig | undefined {
    if (values === undefined) return undefined;
    try {
      const config = withChange({ ...from, objective: this.#objective }, values);
      return this.#tried.every((each) => this.#isNew(each.config, config)) ? config : undefined;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return undefined;
    }
  }

  #best(): Tried {
    const [first, ...others] = this.#tried.filter(({ point }) => point.role !== 'frontier') as [
      Tried,
      ...Tried[],
    ];
    return others.reduce((best, each) => (isBetter(each.point, best.point) ? each : best), first);
  }

  async #runFrontier(factor: number): Promise<void> {
    const withinSeconds = Math.min(WITHIN_AT_MOST_SECONDS, this.#objective.withinSeconds * factor);
    const config = { ...this.#changed, objective: { ...this.#objective, withinSeconds } };
    if (this.#tried.every((each) => this.#isNew(each.config, config))) await this.#runOwn('frontier', config);
    else this.#done += 1;
  }

  async #runOwn(
    role: 'today' | 'changed' | 'candidate' | 'frontier',
    config: PoolConfig,
    note = '',
  ): Promise<Tried> {
    const values = differences(this.#whatIf.config, config);
    const label = role === 'frontier' ? `aiming at ${objectiveOf(config.objective)}` : labelOf(values);
    this.#progress(`${label}${note}`);
    const result = await simulate(this.#whatIf.arrivals, this.#model(config), {
      begin: productionScaler,
      judgedBySeconds: this.#objective.withinSeconds,
    });
    const tried = { config, point: this.#pointOf({ role, label, values }, result) };
    this.#tried.push(tried);
    this.#emit(tried.point);
    return tried;
  }

  /** A peer in the changed pool, with at least one agent: not all of them can start from none. */
  async #runPeer(peer: Candidate): Promise<void> {
    const config = { ...this.#changed, min: Math.max(1, this.#changed.min) };
    let runs = 0;
    const begin = () => {
      runs += 1;
      this.#progress(`${peerName(peer.policy)}, setting ${runs}`);
    };
    begin();
    const result = await peer.run(this.#whatIf.arrivals, this.#model(config), begin);
    const role = result.kind === 'bound' ? 'bound' : 'peer';
    this.#emit(this.#pointOf({ role, label: peerLabel(result) }, result));
  }

  #model(config: PoolConfig): Model {
    const { startupSeconds, billedAtLeastSeconds, beginsAtMs, endsAtSeconds } = this.#whatIf;
    return {
      config,
      startupSeconds,
      ...(billedAtLeastSeconds !== undefined && { billedAtLeastSeconds }),
      ...(beginsAtMs !== undefined && { beginsAtMs }),
      ...(endsAtSeconds !== undefined && { endsAtSeconds }),
    };
  }

  #pointOf(of: Pick<WhatIfPoint, 'role' | 'label' | 'values'>, result: RunResult): WhatIfPoint {
    const agentsPaid = result.paidSeconds / this.#seconds;
    const dollarsPerHour = agentDollarsPerHour(this.#whatIf.config, agentsPaid);
    return {
      ...of,
      agentsPaid,
      ...(dollarsPerHour !== undefined && { dollarsPerHour }),
      paidPerBusy: result.paidPerBusy,
      within: result.within,
      worstHourWithin: result.worstHourWithin,
      queueWaitSeconds: result.queueWaitSeconds,
      meetsObjective: meets(result, this.#objective.percent),
    };
  }

  #isNew(before: PoolConfig, config: PoolConfig): boolean {
    return Object.keys(differences(before, config)).length > 0;
  }

  #progress(doing: string): void {
    this.#onEvent({ kind: 'progress', done: this.#done, of: this.#of, doing });
  }

  #emit(point: WhatIfPoint): void {
    this.#done += 1;
    this.#onEvent({ kind: 'point', point });
  }
}
