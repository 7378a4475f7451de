import * as z from 'zod';

/** Inputs that several operations have in common. */
const DEFAULT_CLUSTER = 'default';

export const name = z.string().min(1);
export const clusterRef = name.default(DEFAULT_CLUSTER);
export const tags = z.array(z.object({ key: name, value: z.string().default('') })).default([]);
/** "Determines whether you want to see the resource tags": they're left out otherwise. */
export const include = z.array(z.enum(['TAGS'])).default([]);
