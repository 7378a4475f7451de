/** The part of a compiled graph that says whether a thread waits. */
type Waiting = { getState?: (config: never) => Promise<{ readonly next: readonly string[] }> };

/** A command as `JSON.stringify` writes it, or as someone writes it by hand. */
type CommandJson = {
  readonly lg_name: 'Command';
  readonly resume?: unknown;
  readonly update?: never;
  readonly goto?: string | SendJson | readonly (string | SendJson)[];
};

type SendJson = { readonly node: string; readonly args: unknown };

/**
 * What a payload is to a graph: a `Command` as JSON is a command, and so is `{ resume: … }` if the thread waits for an
 * answer. Anything else is the input of a new turn.
 */
export async function inputOf(
  payload: unknown,
  graph: Waiting,
  config: { readonly configurable: object },
): Promise<unknown> {
  if (isCommand(payload)) return commandOf(payload);
  if (!isResume(payload) || !graph.getState) return payload;
  const { next } = await graph.getState(config as never);
  return next.length > 0 ? commandOf({ lg_name: 'Command', ...payload }) : payload;
}

function isCommand(payload: unknown): payload is CommandJson {
  return isObject(payload) && (payload as Partial<CommandJson>).lg_name === 'Command';
}

function isResume(payload: unknown): payload is { readonly resume: unknown } {
  return isObject(payload) && Object.keys(payload).join() === 'resume';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Loads LangGraph itself only here: the graph has, and agents of other kinds don't need it. */
async function commandOf({ resume, update, goto }: CommandJson): Promise<unknown> {
  const { Command, Send } = await import('@langchain/langgraph');
  const place = (at: string | SendJson) => (typeof at === 'string' ? at : new Send(at.node, at.args));
  const places = goto === undefined ? [] : [goto].flat().map((at) => place(at as string | SendJson));
  return new Command({
    ...(resume !== undefined && { resume }),
    ...(update !== undefined && { update }),
    ...(places.length > 0 && { goto: places }),
  });
}
