/** The policies a pool can switch on; each is a file beside this one. */
export const POLICY_NAMES = [
  'predictive',
  'schedule',
  'warm-floor',
  'context-trend',
  'utilization',
  'backlog',
  'one-step',
] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];
