import { type PoolConfig, parsePools } from '../../shared/core/pool/config.ts';

/**
 * A pool whose times are short; every fourth has a standard queue, every third a budget that is soon used, every seventh
 * a provider's limit. Agents have 1, 2, 4 or 16 slots.
 */
export const poolOf = (seed: number): PoolConfig => {
  const [config] = parsePools([
    {
      name: 'sim',
      handler: './handler.ts',
      ordering: seed % 4 === 0 ? 'none' : 'fifo',
      ...(seed % 3 === 0 && {
        budget: { agentHoursPerDay: 0.2, whenReached: seed % 2 === 0 ? 'shrink-to-min' : 'stop-growing' },
      }),
      ...(seed % 7 === 0 && { limits: [{ name: LIMIT, perMinute: { requests: 30 } }] }),
      min: 1,
      max: 5,
      concurrency: [1, 2, 4, 16][Math.floor(seed / 12) % 4],
      tickSeconds: 15,
      taskTimeoutSeconds: 60,
      cooldownSeconds: 10,
      visibilitySeconds: 30,
      heartbeatSeconds: 10,
      pollSeconds: 5,
      stopTimeoutSeconds: 20,
      startTimeoutSeconds: 180,
      maxAttempts: 3,
      scaleInStabilizationSeconds: 60,
    },
  ]);
  return config as PoolConfig;
};

/** The name of a pool's only limit, if it has one. */
export const LIMIT = 'model';
/** The most slots that an operator gives an agent. */
export const SLOTS_AT_MOST = 16;
/** How long a scaler that's away is away. */
export const AWAY_SECONDS = 7_200;
/** Faults last this long; then the pool has to recover by itself. */
export const FAULTS_SECONDS = 540;
/** Tasks arrive for longer, so that the pool scales in while agents work. */
export const TASKS_SECONDS = 720;
/** Recovered within this time after the last task: what bursts needed is held for up to two hours. */
export const WELL_WITHIN_SECONDS = 9_000;
/** And for this long: several heartbeats and ticks. */
export const STAYS_WELL_SECONDS = 120;
/** Share of the tasks on which every agent fails. */
export const POISONED = 0.03;
/** Few, so that many turns of one follow each other. */
export const conversationsOf = (seed: number) => (seed % 5 === 0 ? 2 : 5);
