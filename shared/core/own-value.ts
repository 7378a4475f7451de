/** What a record holds under a name that somebody chose: `constructor` and `toString` may be such names, too. */
export function ownValue<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
