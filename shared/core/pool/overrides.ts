import type { Settings, SettingValues } from './settings.ts';
import type { Mode } from './state.ts';

/** What an operator has put in force. */
export type Overrides = { readonly mode: Mode; readonly settings?: Settings };

/** One override: who gave it, when, and what for. */
export type Override = { readonly by: string; readonly atMs: number } & (
  | { readonly kind: 'mode'; readonly mode: Mode }
  /** All that is set from then on; nothing leaves everything as deployed. */
  | { readonly kind: 'settings'; readonly values: SettingValues }
);

export const OVERRIDE_DAYS = 366;

/** What is in force after an override. */
export function overridesAfter(override: Override, before: Overrides): Overrides {
  if (override.kind === 'mode') return { ...before, mode: override.mode };
  const { mode } = before;
  const { by, atMs, values } = override;
  return Object.keys(values).length === 0 ? { mode } : { mode, settings: { values, by, atMs } };
}
