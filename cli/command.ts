import type { Argv, CommandModule, InferredOptionTypes, Options } from 'yargs';
import type { CommandResult } from './result.ts';
import type { StackOptions } from './stack.ts';

/** Options that every command accepts. */
export type Common = StackOptions & { readonly json: boolean };

type Definition<Own extends Record<string, Options>> = {
  /** The command with its arguments: `pin <pool> <count>`. */
  readonly command: string;
  readonly describe: string;
  /** Example command lines, each with its purpose. */
  readonly examples: readonly (readonly [string, string])[];
  /** Names of the options that are positional arguments. */
  readonly positionals?: readonly (keyof Own & string)[];
  readonly options?: Own;
  /** Returns undefined if the command has printed its output itself. */
  readonly run: (args: InferredOptionTypes<Own> & Common) => Promise<CommandResult | undefined>;
};

/** A command for yargs; its result goes to `say`. */
export type Command = (say: (result: CommandResult, json: boolean) => void) => CommandModule<Common, Common>;

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
      const result = await definition.run(args as unknown as InferredOptionTypes<Own> & Common);
      if (result) say(result, args.json);
    },
  });
}
