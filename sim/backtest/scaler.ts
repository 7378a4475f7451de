import type { Range } from './tune.ts';
import type { SimAgent, World } from './world.ts';

/** Scales a simulated pool. A tick returns the seconds until the next one. */
export type Scaler = { tick(): Promise<number> };

/** What a peer sees of a pool. */
export type View = {
  readonly nowSeconds: number;
  readonly visible: number;
  readonly inFlight: number;
  /** Slots of an agent, and the free ones of all. */
  readonly concurrency: number;
  readonly free: number;
  /** Agents that take tasks, and those that start. */
  readonly present: number;
  readonly starting: number;
  /** Agents asked for and not scaled in: the desired count in force. */
  readonly desired: number;
  /** Tasks so far: all, those that found no free slot when they arrived, and those that started. */
  readonly arrived: number;
  readonly unmatched: number;
  readonly started: number;
};

/** A way of scaling that others use, with one parameter: gives the desired count from what it sees at each tick. */
export type Peer = {
  readonly name: string;
  /** A bound on what any policy can do, not one that somebody could run. */
  readonly isBound?: boolean;
  /** Seconds between its ticks, as documented; the pool's own when absent. */
  readonly tickSeconds?: number;
  /** Settings to choose from with hindsight, its only one, or the smallest whole number that meets the objective. */
  readonly settings: Range | number | 'smallest';
  readonly begin: (setting: number, world: World) => (view: View) => number;
};

/**
 * A peer over a simulated pool: bounded as the pool is, and never stopping an agent that works. Agents with several slots
 * are hardly ever without a task, so those with the fewest take no more and stop once they have ended theirs, as a pod
 * with a long grace period does.
 */
export function peerScaler(peer: Peer, setting: number, world: World): Scaler {
  const { min, max } = world.model.config;
  const tickSeconds = peer.tickSeconds ?? world.model.config.tickSeconds;
  const decide = peer.begin(setting, world);
  return {
    async tick() {
      const desired = Math.min(max, Math.max(min, decide(viewOf(world))));
      if (desired > world.supply) {
        world.launch(desired - world.supply);
        world.account.actions += 1;
        return tickSeconds;
      }
      const idle = [...world.ready].slice(0, world.supply - desired);
      for (const agent of idle) world.drain(agent);
      const working = world.concurrency === 1 ? [] : fewestTasksFirst(world.busy);
      const retired = working.slice(0, Math.max(0, world.supply - desired));
      for (const agent of retired) world.retire(agent);
      for (const agent of [...idle, ...retired]) agent.drainGeneration = 1;
      world.stopDrained();
      if (idle.length + retired.length > 0) world.account.actions += 1;
      return tickSeconds;
    },
  };
}

function fewestTasksFirst(agents: Iterable<SimAgent>): SimAgent[] {
  return [...agents].sort((a, b) => a.tasks.size - b.tasks.size);
}

function viewOf(world: World): View {
  return {
    nowSeconds: world.now,
    visible: world.visible,
    inFlight: world.inFlight,
    concurrency: world.concurrency,
    free: world.freeSlots,
    present: world.busy.size + world.ready.size,
    starting: world.starting.length,
    desired: world.supply,
    arrived: world.arrived,
    unmatched: world.unmatched,
    started: world.started,
  };
}
