import type { Neighbour } from '../core/observation.ts';

/** The other pools under one pool's ceiling. */
export type Neighbours = { read(): Promise<readonly Neighbour[]> };
