/** A call to AWS as the project made it. */
export type Call = {
  readonly operation: string;
  /** Makes it again, without the project's code. */
  again(): Promise<unknown>;
};

type Command = { readonly constructor: unknown; readonly input: unknown };
type Client = { send(command: never): Promise<unknown> };

/** Notes every call that a client makes from now on. */
export function noting<C extends Client>(client: C, calls: Call[]): C {
  const send = client.send.bind(client) as (command: object) => Promise<unknown>;
  const noted = (command: Command) => {
    const Again = command.constructor as new (input: unknown) => object;
    const { input } = command;
    calls.push({ operation: Again.name.replace(/Command$/, ''), again: () => send(new Again(input)) });
    return send(command);
  };
  return Object.assign(client, { send: noted });
}

/** Calls by operation. */
export function countByOperation(calls: readonly Call[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { operation } of calls) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

/**
 * Makes the calls once more, one after another. A condition that does not hold any more is an answer too: the service has
 * done the same work for it, but the write.
 */
export async function replay(calls: readonly Call[]): Promise<void> {
  for (const { again } of calls) await again().catch(() => undefined);
}
