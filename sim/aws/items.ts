import { checkItem } from './limits.ts';

/** What DynamoDB would hold of an item: a copy, if it takes it at all. */
export function stored<T extends object>(item: T): T {
  checkItem(item);
  return structuredClone(item);
}

/** `null` removes a field. */
export function withChanges<T extends object>(before: T, changes: object): T {
  const merged = Object.entries({ ...before, ...changes }).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return Object.fromEntries(merged) as T;
}
