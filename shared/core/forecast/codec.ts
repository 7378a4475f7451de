import { type ForecastState, stateShape } from './signals.ts';

/**
 * Keeps the forecaster's state storable, however long it runs. DynamoDB accepts zero and magnitudes from 1E-130 to
 * 9.99E+125 (Supported data types and naming rules in Amazon DynamoDB, "Number"). A decayed sum leaves that range after
 * a million tasks or a few idle weeks.
 */

/** Less than this of anything counted here (tasks, seconds or their squares) changes no decision. */
const NEGLIGIBLE = 1e-12;

/** The state with negligible numbers set to zero. Undefined if a number isn't finite: the forecaster starts over. */
export function storable(state: ForecastState): ForecastState | undefined {
  if (all(state, isStorable)) return state;
  return all(state, Number.isFinite) ? (rounded(state) as ForecastState) : undefined;
}

/** A stored state. Undefined when it has another shape, such as an earlier version's. */
export function decodeState(stored: unknown): ForecastState | undefined {
  return stateShape.safeParse(stored).data;
}

function isStorable(value: number): boolean {
  const magnitude = Math.abs(value);
  return value === 0 || (magnitude >= NEGLIGIBLE && magnitude <= Number.MAX_SAFE_INTEGER);
}

/** Whether every number of a value passes. Hardly any state has one that doesn't, so this makes no copies. */
function all(value: unknown, passes: (number: number) => boolean): boolean {
  if (typeof value === 'number') return passes(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every((each) => all(each, passes));
  const parts = value as Record<string, unknown>;
  for (const key in parts) if (!all(parts[key], passes)) return false;
  return true;
}

function rounded(value: unknown): unknown {
  if (typeof value === 'number') {
    if (isStorable(value)) return value;
    return Math.abs(value) < NEGLIGIBLE ? 0 : Math.sign(value) * Number.MAX_SAFE_INTEGER;
  }
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, rounded(part)]));
}
