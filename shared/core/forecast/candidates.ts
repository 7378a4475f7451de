import * as z from 'zod';

/** A way to staff: standard deviations of the load to keep, and how slowly capacity wanted once is given up. */
export type Candidate = { readonly margin: number; readonly holdSeconds: number };

/**
 * From hardly any margin, where most tasks wait, to what bursts out of nowhere need. The last ones hold capacity between
 * bursts, too.
 */
export const CANDIDATES: readonly Candidate[] = [
  ...[-0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 6].map((margin) => ({ margin, holdSeconds: 0 })),
  { margin: 2, holdSeconds: 600 },
  { margin: 4, holdSeconds: 600 },
  { margin: 2, holdSeconds: 7_200 },
];

/** A candidate, and how far towards the one before it, 0 to 1. */
export const choiceShape = z.object({ candidate: z.number(), towardsPrevious: z.number() });
export type Choice = Readonly<z.infer<typeof choiceShape>>;

/** A value of a choice, between those of two candidates. */
export function blended({ candidate, towardsPrevious }: Choice, of: (index: number) => number): number {
  if (towardsPrevious === 0) return of(candidate);
  return (1 - towardsPrevious) * of(candidate) + towardsPrevious * of(candidate - 1);
}
