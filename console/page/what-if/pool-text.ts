import type { PoolConfig } from '../../../shared/core/pool/config.ts';
import type { WhatIfValues } from '../../../sim/what-if/what-if.ts';

/** The fields of a pool in `pools.config.ts` for some settings: the bounds, and what else differs from today's. */
export function poolText({ min, max }: Pick<PoolConfig, 'min' | 'max'>, values: WhatIfValues): string {
  return Object.entries({ min, max, ...values })
    .map(([field, value]) => `${field}: ${literal(value)},`)
    .join('\n');
}

function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).map(([field, each]) => `${field}: ${literal(each)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
