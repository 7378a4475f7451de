import type { Argv, InferredOptionTypes, Options } from 'yargs';
import { CliError, type CommandResult, EXIT } from './result.ts';
import type { StackOptions } from './stack-options.ts';

/** Options that every command accepts. */
export type Common = StackOptions & { readonly json: boolean; readonly wide: boolean };

type Definition<Own extends Record<string, Options>> = {
  /** Example command lines, each with its purpose. */
  readonly examples: readonly (readonly [string, string])[];
  /** Names of the options that are positional arguments. */
  readonly positionals?: readonly (keyof Own & string)[];
  readonly options?: Own;
  /** Returns undefined if the command has printed its output itself. */
  readonly run: (args: InferredOptionTypes<Own> & Common) => Promise<CommandResult | undefined>;
};

/** A command for yargs. */
export type Command = {
  /** Names of its options. */
  readonly options: readonly string[];
  readonly define: (args: Argv<Common>) => Argv<Common>;
  readonly run: (args: Common) => Promise<CommandResult | undefined>;
};

export function command<const Own extends Record<string, Options>>({
  positionals = [],
  options = {} as Own,
  examples,
  run,
}: Definition<Own>): Command {
  return {
    options: Object.keys(options).filter((name) => !positionals.includes(name)),
    define(args) {
      for (const [name, option] of Object.entries(options)) {
        const { demandOption: _, ...positional } = option;
        if (positionals.includes(name)) args.positional(name, positional as never);
        else args.option(name, option);
      }
      for (const [line, what] of examples) args.example(`$0 ${line}`, what);
      return args;
    },
    async run(args) {
      for (const [name, { type }] of Object.entries(options)) {
        const given = (args as Readonly<Record<string, unknown>>)[name];
        if (type === 'number' && Number.isNaN(given))
          throw new CliError(
            `invalid value of ${positionals.includes(name) ? name : `--${name}`}: expected a number`,
            EXIT.usage,
          );
      }
      return run(args as unknown as InferredOptionTypes<Own> & Common);
    },
  };
}
