import type { Settings, SettingValues } from './settings.ts';
import type { Mode } from './state.ts';

/** The overrides in force. */
export type Overrides = { readonly mode: Mode; readonly settings?: Settings };

/** One operator override: by whom, when, and what. */
export type Override = { readonly by: string; readonly atMs: number } & (
  | { readonly kind: 'mode'; readonly mode: Mode }
  /** All settings from then on. An empty set restores the deployed configuration. */
  | { readonly kind: 'settings'; readonly values: SettingValues }
);

export const OVERRIDE_DAYS = 366;

/** The overrides in force after another one. */
export function overridesAfter(override: Override, before: Overrides): Overrides {
  if (override.kind === 'mode') return { ...before, mode: override.mode };
  const { mode } = before;
  const { by, atMs, values } = override;
  return Object.keys(values).length === 0 ? { mode } : { mode, settings: { values, by, atMs } };
}
