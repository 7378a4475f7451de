/** A change to `State`, such as a thread. */
export type Change<State> = (state: State) => Promise<unknown>;

/** What became of each change. */
export type Outcome =
  | { readonly kind: 'made'; readonly result: unknown }
  /** It cannot be made. */
  | { readonly kind: 'refused'; readonly error: unknown };

/** Makes changes and stores them together. @throws when they cannot be stored. */
type Apply<State> = (id: string, changes: readonly Change<State>[]) => Promise<readonly Outcome[]>;

type Waiting<State> = {
  readonly change: Change<State>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * The writers of one process. They change a thread one after the other, so they never conflict with each other. Changes
 * that come while others are being stored wait and are then stored together: fifty parallel nodes cost a few writes.
 */
export function writersOf<State>(apply: Apply<State>) {
  /** The changes that wait, by thread. There's an entry as long as someone stores changes of it. */
  const queues = new Map<string, Waiting<State>[]>();
  return <Result>(id: string, change: (state: State) => Promise<Result>): Promise<Result> =>
    new Promise((resolve, reject) => {
      const entry = { change, resolve, reject };
      const queue = queues.get(id);
      if (queue) queue.push(entry);
      else {
        queues.set(id, [entry]);
        void work(id);
      }
    });

  async function work(id: string): Promise<void> {
    for (let batch = take(id); batch.length > 0; batch = take(id)) {
      try {
        const outcomes = await apply(
          id,
          batch.map(({ change }) => change),
        );
        for (const [index, outcome] of outcomes.entries()) {
          if (outcome.kind === 'made') batch[index]?.resolve(outcome.result as never);
          else batch[index]?.reject(outcome.error);
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
  }

  function take(id: string): readonly Waiting<State>[] {
    const batch = queues.get(id)?.splice(0) ?? [];
    if (batch.length === 0) queues.delete(id);
    return batch;
  }
}

/** Makes changes to a state that `open` opens. A change that fails halfway leaves no trace in the state. */
export async function makeAll<State>(
  changes: readonly Change<State>[],
  open: () => State,
): Promise<{ readonly state: State; readonly outcomes: readonly Outcome[] }> {
  const refused = new Map<number, Outcome>();
  for (;;) {
    const state = open();
    const outcomes: Outcome[] = [];
    const before = refused.size;
    for (const [index, change] of changes.entries()) {
      const outcome = refused.get(index) ?? (await make(change, state));
      outcomes.push(outcome);
      if (outcome.kind === 'refused') refused.set(index, outcome);
    }
    if (refused.size === before) return { state, outcomes };
  }
}

async function make<State>(change: Change<State>, state: State): Promise<Outcome> {
  try {
    return { kind: 'made', result: await change(state) };
  } catch (error) {
    return { kind: 'refused', error };
  }
}
