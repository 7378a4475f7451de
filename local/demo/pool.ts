import { type PoolConfig, type PoolInput, parsePools } from '../../shared/core/pool/config.ts';

/** Start-up time of an agent on Fargate, in seconds of the trace. */
const START_DELAY_SECONDS = 45;

/**
 * How long tasks may wait, in seconds of the trace. A task takes 63 s on average; for the default of 30 s, more agents
 * would have to be idle.
 */
const OBJECTIVE_SECONDS = 90;

/** The trace has work for 14 slots for a moment, and for six on average. */
const MAX_SLOTS = 12;
/** The default of a pool. */
const MIN = 2;

type Variant = {
  readonly speed: number;
  /** Slots of an agent. */
  readonly concurrency: number;
};

type DemoPool = {
  readonly pool: PoolInput & { readonly min: number };
  readonly startDelayMs: number;
};

/** The demo's pool: the defaults but for slots, bounds and the objective, with all times divided by the speedup. */
export function demoPool({ speed, concurrency }: Variant): DemoPool {
  const faster = (seconds: number, least: number) => Math.max(least, seconds / speed);
  // The same room for tasks, in fewer agents.
  const max = Math.ceil(MAX_SLOTS / concurrency);
  return {
    pool: {
      name: 'demo',
      handler: './agent/handlers/replay.ts',
      min: Math.min(MIN, max),
      max,
      concurrency,
      // Not less: a tick that a busy machine delays by half a second would show the next one a burst.
      tickSeconds: Math.min(15, faster(15, 1)),
      objective: { percent: 95, withinSeconds: faster(OBJECTIVE_SECONDS, 1) },
      cooldownSeconds: faster(30, 1),
      heartbeatSeconds: faster(30, 2),
      pollSeconds: 1,
      visibilitySeconds: 20,
      stopTimeoutSeconds: 10,
      startTimeoutSeconds: 60,
    },
    startDelayMs: (1000 * START_DELAY_SECONDS) / speed,
  };
}

/** The demo's pool with every field. */
export function demoConfig(variant: Variant): PoolConfig {
  const [config] = parsePools([demoPool(variant).pool]);
  return config as PoolConfig;
}
