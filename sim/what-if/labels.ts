import type { PoolConfig } from '../../shared/core/pool/config.ts';
import type { PolicyResult } from '../backtest/candidates.ts';
import type { WhatIfField, WhatIfValues } from './what-if.ts';

type Limit = PoolConfig['scaleOutLimit'];

const LABELS: { readonly [Field in WhatIfField]: (value: PoolConfig[Field]) => string } = {
  min: (min) => `min ${min}`,
  max: (max) => `max ${max}`,
  concurrency: (slots) => `${plural(slots, 'slot')} an agent`,
  utilization: ({ scaleInBelow, scaleOutAbove }) => `utilization ${scaleInBelow} to ${scaleOutAbove}`,
  policies: (policies) => `policies ${policies.join(' + ')}`,
  scaleInStabilizationSeconds: (seconds) =>
    seconds === 'auto' ? 'scale-in when the policies choose' : `scale-in after ${seconds} s`,
  warmFloor: (agents) => (agents === 0 ? 'no warm floor' : `warm floor ${agents}`),
  schedule: ({ length }) => (length === 0 ? 'no schedule' : `schedule of ${plural(length, 'floor')}`),
  scaleOutLimit: (limit) => `scale-out by ${limitOf(limit)} a minute`,
  scaleInLimit: (limit) => `scale-in by ${limitOf(limit)} a minute`,
  budget: (budget) =>
    budget ? `budget ${budget.agentHoursPerDay} agent-hours a day, then ${budget.whenReached}` : 'no budget',
  objective: (objective) => objectiveOf(objective),
};

/** What differs from today, for people: `min 4, max 20`. */
export function labelOf(values: WhatIfValues): string {
  const parts = Object.entries(values).map(([field, value]) =>
    (LABELS[field as WhatIfField] as (value: unknown) => string)(value),
  );
  return parts.length === 0 ? 'today' : parts.join(', ');
}

export function objectiveOf({ percent, withinSeconds }: PoolConfig['objective']): string {
  return `${percent} % within ${withinSeconds} s`;
}

/** What a peer is called, and what its setting is of. */
const PEER_LABELS: Readonly<Record<string, readonly [name: string, unit: string]>> = {
  'one-step': ['one-step rule', 'utilization'],
  keda: ['KEDA', 'tasks a slot'],
  knative: ['Knative', 'tasks a slot'],
  temporal: ['Temporal', 'utilization'],
  'target-tracking': ['target tracking', 'queued tasks a slot'],
  'target-tracking-20s': ['target tracking every 20 s', 'queued tasks a slot'],
  'step-scaling': ['step scaling', 'times its usual backlog'],
  static: ['a fleet of one size', 'agents'],
  oracle: ['an oracle', 'times the tasks to come'],
};

export function peerName(policy: string): string {
  return PEER_LABELS[policy]?.[0] ?? policy;
}

export function peerLabel({ policy, setting }: Pick<PolicyResult, 'policy' | 'setting'>): string {
  return `${peerName(policy)} at ${setting} ${PEER_LABELS[policy]?.[1] ?? ''}`.trim();
}

function limitOf({ agents, percent }: Limit): string {
  return `${agents} or ${percent} %`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
