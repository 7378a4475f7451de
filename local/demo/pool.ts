import type { PoolInput } from '../../shared/core/pool/config.ts';

/** Start-up time of an agent on Fargate, in seconds of the trace. */
const START_DELAY_SECONDS = 45;

/** The demo's pool: the defaults, with all times divided by the speedup. */
export function demoPool(speed: number): { readonly pool: PoolInput; readonly startDelayMs: number } {
  const faster = (seconds: number, least: number) => Math.max(least, seconds / speed);
  return {
    pool: {
      name: 'demo',
      handler: './agent/handlers/replay.ts',
      tickSeconds: Math.min(15, faster(15, 1)),
      objective: { percent: 95, withinSeconds: faster(30, 1) },
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
