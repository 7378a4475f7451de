/** The policies a pool can enable. Each one is a file in this directory. */
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
