import yargs, { type Argv } from 'yargs';
import { ownVersion } from '../shared/project/own-files.ts';
import { backtest } from './backtest.ts';
import type { Common } from './command.ts';
import { COMMANDS } from './command-list.ts';
import { failure, UsageError } from './failure.ts';
import { type CommandResult, STDIN } from './result.ts';
import { STACK_OPTIONS, useAccount } from './stack-options.ts';

const EPILOGUE =
  'Exit codes: 0 success; 1 failed; 2 invalid usage; 3 unknown stack, pool, agent, task or conversation; ' +
  "4 AWS refused the call or couldn't be reached.";

export type Output = {
  say(text: string): void;
  warn(text: string): void;
  /** Columns of the terminal. Default: nothing is shortened. */
  readonly width?: number | undefined;
};

/** Runs one command and returns its exit code. Never throws. */
export async function run(args: readonly string[], output: Output): Promise<number> {
  // It has its own options and needs no stack.
  if (args[0] === 'backtest') return backtest(args.slice(1));
  // `context` has an option of this name.
  if (args[0] === '--version') {
    output.say(ownVersion());
    return 0;
  }
  const given =
    args.length === 0
      ? ['--help']
      : args.map((arg, index) => (arg === '-' && isPlace(args[index - 1]) ? STDIN : arg));
  let exitCode = 0;
  try {
    await parse(given, ({ text, value, exitCode: code = 0 }, { json, wide }) => {
      const width = wide ? Number.POSITIVE_INFINITY : (output.width ?? Number.POSITIVE_INFINITY);
      if (json) output.say(JSON.stringify(value, null, 2));
      else output.say(typeof text === 'string' ? text : text(width));
      exitCode = code;
    });
    return exitCode;
  } catch (error) {
    const { text, exitCode: failed } = await failure(error, given);
    output.warn(text);
    return failed;
  }
}

async function parse(
  args: readonly string[],
  say: (result: CommandResult, form: Pick<Common, 'json' | 'wide'>) => void,
): Promise<void> {
  let parser = yargs([...args])
    .scriptName('agentpool')
    .usage('$0 <command> [options]')
    .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
    .option('wide', { type: 'boolean', default: false, describe: 'print full values' })
    .options(STACK_OPTIONS)
    .group(Object.keys(STACK_OPTIONS), 'Stack:')
    .middleware((given) => useAccount(given));
  for (const { command, describe, load } of COMMANDS) {
    parser = parser.command({
      command,
      describe,
      builder: async (args: Argv<Common>) => (await load()).define(args),
      handler: async (args) => {
        const result = await (await load()).run(args as unknown as Common);
        if (result) say(result, args as unknown as Common);
      },
    });
  }
  await parser
    .command('backtest', 'compare policies on a trace; see agentpool backtest --help')
    .completion('completion', 'print a completion script for bash and zsh')
    .demandCommand(1, 1, 'missing command')
    .exitProcess(false)
    .showHelpOnFail(false)
    .strict()
    .recommendCommands()
    .wrap(Math.min(110, process.stdout.columns || 110))
    .version(false)
    .help()
    .alias('help', 'h')
    .epilogue(EPILOGUE)
    .fail((message, error) => {
      // Errors of a command pass through unchanged. Without one, yargs rejected the command line.
      throw error ?? new UsageError(message);
    })
    .parseAsync();
}

/** Where a lone `-` means standard input: as an argument of its own, or as the file. */
function isPlace(before: string | undefined): boolean {
  return before === undefined || !before.startsWith('-') || before === '--file';
}
