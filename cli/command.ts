import type { Argv, CommandModule, InferredOptionTypes, Options } from 'yargs';
import type { Answer } from './answer.ts';
import type { StackOptions } from './stack.ts';

/** Options of every command. */
export type Common = StackOptions & { readonly json: boolean };

type Definition<Own extends Record<string, Options>> = {
  /** As it is typed, with its arguments: `pin <pool> <count>`. */
  readonly command: string;
  readonly describe: string;
  /** What to type, and what for. */
  readonly examples: readonly (readonly [string, string])[];
  /** Arguments by their place, then options. */
  readonly positionals?: readonly (keyof Own & string)[];
  readonly options?: Own;
  /** Undefined: it has said everything itself. */
  readonly run: (args: InferredOptionTypes<Own> & Common) => Promise<Answer | undefined>;
};

/** A command as yargs takes it; its answer goes to `say`. */
export type Command = (say: (answer: Answer, json: boolean) => void) => CommandModule<Common, Common>;

export function command<const Own extends Record<string, Options>>(definition: Definition<Own>): Command {
  const { positionals = [], options = {} as Own, examples } = definition;
  return (say) => ({
    command: definition.command,
    describe: definition.describe,
    builder: (args: Argv<Common>) => {
      for (const [name, option] of Object.entries(options)) {
        const { demandOption: _, ...positional } = option;
        if (positionals.includes(name)) args.positional(name, positional as never);
        else args.option(name, option);
      }
      for (const [line, what] of examples) args.example(`$0 ${line}`, what);
      return args;
    },
    handler: async (args) => {
      const answer = await definition.run(args as unknown as InferredOptionTypes<Own> & Common);
      if (answer) say(answer, args.json);
    },
  });
}
