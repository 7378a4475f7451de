import * as z from 'zod';

/** Inputs that several operations have in common. */
const DEFAULT_CLUSTER = 'default';

export const name = z.string().min(1);
export const clusterRef = name.default(DEFAULT_CLUSTER);
