import type { Observation } from './observation.ts';
import type { PoolConfig } from './pool/config.ts';
import type { Control, PoolState } from './pool/state.ts';

/** All that a decision is made from. */
export type Inputs = {
  readonly observation: Observation;
  readonly state: PoolState;
  readonly control: Control;
  readonly config: PoolConfig;
};
