import type { WhatIfPoint } from '../../../sim/what-if/what-if.ts';
import { dollars, number } from '../format.ts';

/** Instances of your own have no list price: then the cost is in agents. */
export function costOf({ dollarsPerHour, agentsPaid }: WhatIfPoint): number {
  return dollarsPerHour ?? agentsPaid;
}

export function costText(point: WhatIfPoint): string {
  return point.dollarsPerHour === undefined
    ? `${number(point.agentsPaid)} agents`
    : `${dollars(point.dollarsPerHour)} an hour`;
}

/** Names of roles. */
export const ROLES: Readonly<Record<WhatIfPoint['role'], string>> = {
  today: 'today',
  changed: 'as changed',
  candidate: 'other settings',
  frontier: 'aiming at another wait',
  recommended: 'recommended',
  peer: 'other scalers',
  bound: 'bounds in hindsight',
};
