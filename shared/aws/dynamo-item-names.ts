import type * as z from 'zod';
import type { Item } from './dynamo-table.ts';

/** Former attribute names, which are still read. */
const OLD_NAMES = { control: 'mode', instanceId: 'agentId' } as const;

/** An item as this version names its attributes. */
export function withNewNames(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  const renamed = Object.entries(OLD_NAMES).flatMap(([before, now]) =>
    before in item && !(now in item) ? [[now, (item as Item)[before]] as const] : [],
  );
  return { ...item, ...Object.fromEntries(renamed) };
}

/** What is wrong with an item, field by field. */
export function problemsOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
}
