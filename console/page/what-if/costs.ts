import type { WhatIfPoint } from '../../../sim/what-if/what-if.ts';
import { number } from '../format.ts';

/** Instances of your own have no list price: then the cost is in agents. */
export function costOf({ dollarsPerHour, agentsPaid }: WhatIfPoint): number {
  return dollarsPerHour ?? agentsPaid;
}

export function isPriced(points: readonly WhatIfPoint[]): boolean {
  return points.every(({ dollarsPerHour }) => dollarsPerHour !== undefined);
}

/** The cost in the unit that {@link costText} names, with three digits: points often differ by a hundredth. */
export function costFigure({ dollarsPerHour, agentsPaid }: WhatIfPoint): string {
  if (dollarsPerHour === undefined) return number(agentsPaid);
  return `$${dollarsPerHour < 100 ? dollarsPerHour.toPrecision(3) : number(dollarsPerHour)}`;
}

export function costText(point: WhatIfPoint): string {
  return `${costFigure(point)} ${point.dollarsPerHour === undefined ? 'agents' : 'an hour'}`;
}

/** Names of roles. */
export const ROLES: Readonly<Record<WhatIfPoint['role'], string>> = {
  today: 'today',
  changed: 'as changed',
  candidate: 'other settings',
  frontier: 'another objective',
  recommended: 'recommended',
  peer: 'other scalers',
  bound: 'bounds in hindsight',
};

/** What a point is. Today's settings can be the recommended ones. */
export function roleOf({ role, label }: WhatIfPoint): string {
  return role === 'recommended' && label === ROLES.today ? 'today, recommended' : ROLES[role];
}
