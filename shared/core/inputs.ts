import type { Observation } from './observation.ts';
import type { PoolConfig } from './pool/config.ts';
import type { Mode, PoolState } from './pool/state.ts';

/** Everything a decision is made from. */
export type Inputs = {
  readonly observation: Observation;
  readonly state: PoolState;
  readonly mode: Mode;
  readonly config: PoolConfig;
};
