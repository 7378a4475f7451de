import type { Neighbour } from '../observation.ts';
import { ownValue } from '../own-value.ts';
import type { PoolConfig } from './config.ts';
import type { PoolState } from './state.ts';

/** The pools that share a ceiling or a limit with a pool. */
export function neighboursOf(own: PoolConfig, pools: readonly PoolConfig[]): readonly PoolConfig[] {
  return pools.filter(
    (pool) => pool.name !== own.name && (isUnderCeiling(own, pool) || sharedLimits(own, pool).length > 0),
  );
}

/** What a pool sees of another one. */
export function neighbour(own: PoolConfig, other: PoolConfig, state: PoolState): Neighbour {
  const desired = state.desired ?? other.min;
  return {
    pool: other.name,
    desired,
    wanted: state.wanted ?? desired,
    ...(isUnderCeiling(own, other) && { priority: other.ceiling?.priority ?? 0 }),
    limits: sharedLimits(own, other).map(({ name, priority }) => ({
      name,
      priority,
      claim: ownValue(state.limitClaims ?? {}, name) ?? 0,
    })),
  };
}

function isUnderCeiling({ ceiling }: PoolConfig, other: PoolConfig): boolean {
  return ceiling !== undefined && other.ceiling?.name === ceiling.name;
}

function sharedLimits({ limits }: PoolConfig, other: PoolConfig): PoolConfig['limits'] {
  return other.limits.filter(({ name }) => limits.some((own) => own.name === name));
}
