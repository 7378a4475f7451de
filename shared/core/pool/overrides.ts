import type { Settings, SettingValues } from './settings.ts';
import type { Control } from './state.ts';

/** What an operator has put in force. */
export type Ordered = { readonly control: Control; readonly settings?: Settings };

/** One order: who gave it, when, and what for. */
export type Order = { readonly by: string; readonly atMs: number } & (
  | { readonly kind: 'control'; readonly control: Control }
  /** All that is set from then on; nothing leaves everything as deployed. */
  | { readonly kind: 'settings'; readonly values: SettingValues }
);

export const ORDER_DAYS = 366;

/** What is in force after an order. */
export function orderedBy(order: Order, before: Ordered): Ordered {
  if (order.kind === 'control') return { ...before, control: order.control };
  const { control } = before;
  const { by, atMs, values } = order;
  return Object.keys(values).length === 0 ? { control } : { control, settings: { values, by, atMs } };
}
