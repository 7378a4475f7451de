/** The accepted values of each field. */
export type EventPattern = { readonly [field: string]: readonly string[] | EventPattern };

/** Matches like EventBridge: each field of the pattern must have one of its values. */
export function matches(event: unknown, pattern: EventPattern): boolean {
  return Object.entries(pattern).every(([field, allowed]) => {
    const value = (event as Readonly<Record<string, unknown>> | undefined)?.[field];
    return isList(allowed) ? allowed.includes(String(value)) : matches(value, allowed);
  });
}

function isList(allowed: readonly string[] | EventPattern): allowed is readonly string[] {
  return Array.isArray(allowed);
}
