import type { Neighbour } from '../core/observation.ts';

/** The other pools that share a ceiling or a limit with one pool. */
export type Neighbours = { read(): Promise<readonly Neighbour[]> };
