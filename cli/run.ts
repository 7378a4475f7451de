import { spawn } from 'node:child_process';
import yargs from 'yargs';
import { ConfigError } from '../shared/core/pool/config.ts';
import { ownModule, ownVersion } from '../shared/project/own-files.ts';
import { address } from './commands/address.ts';
import { agents } from './commands/agents.ts';
import { cancel } from './commands/cancel.ts';
import { check } from './commands/check.ts';
import { compact } from './commands/compact.ts';
import { webConsole } from './commands/console.ts';
import { context } from './commands/context.ts';
import { dashboard } from './commands/dashboard.ts';
import { dead } from './commands/dead.ts';
import { deployAgents } from './commands/deploy-agents.ts';
import { drain } from './commands/drain.ts';
import { explain } from './commands/explain.ts';
import { history } from './commands/history.ts';
import { init } from './commands/init.ts';
import { local } from './commands/local.ts';
import { logs } from './commands/logs.ts';
import { overrides, pause, pin, resume, set, unset } from './commands/overrides.ts';
import { send } from './commands/send.ts';
import { status } from './commands/status.ts';
import { task } from './commands/task.ts';
import { tasks } from './commands/tasks.ts';
import { CliError, type CommandResult, EXIT, STDIN } from './result.ts';
import { STACK_OPTIONS, useAccount } from './stack.ts';

const COMMANDS = [
  init,
  check,
  local,
  webConsole,
  address,
  send,
  task,
  tasks,
  cancel,
  status,
  agents,
  logs,
  explain,
  history,
]
  .concat([pause, resume, pin, set, unset, overrides, drain, deployAgents])
  .concat([dead, context, compact, dashboard]);
const BACKTEST = ownModule('sim/backtest/main');

const EPILOGUE =
  'Exit codes: 0 success; 1 failed; 2 invalid usage; 3 unknown stack, pool, agent, task or conversation; ' +
  "4 AWS refused the call or couldn't be reached.";

export type Output = { say(text: string): void; warn(text: string): void };

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
    await parse(given, ({ text, value, exitCode: code = 0 }, json) => {
      output.say(json ? JSON.stringify(value, null, 2) : text);
      exitCode = code;
    });
    return exitCode;
  } catch (error) {
    const { text, exitCode: failed } = failure(error);
    output.warn(text);
    return failed;
  }
}

async function parse(
  args: readonly string[],
  say: (result: CommandResult, json: boolean) => void,
): Promise<void> {
  let parser = yargs([...args])
    .scriptName('agentpool')
    .usage('$0 <command> [options]')
    .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
    .options(STACK_OPTIONS)
    .group(Object.keys(STACK_OPTIONS), 'Stack:')
    .middleware((given) => useAccount(given));
  for (const command of COMMANDS) parser = parser.command(command(say));
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
      throw (
        error ??
        new CliError(`${sentence(message)} See agentpool --help, or agentpool COMMAND --help.`, EXIT.usage)
      );
    })
    .parseAsync();
}

/** Where a lone `-` means standard input: as an argument of its own, or as the file. */
function isPlace(before: string | undefined): boolean {
  return before === undefined || !before.startsWith('-') || before === '--file';
}

/** yargs' own messages end with a question mark, or with nothing. */
function sentence(message: string): string {
  return /[.?]$/.test(message) ? message : `${message}.`;
}

async function backtest(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', BACKTEST, ...args], {
    stdio: 'inherit',
  });
  return new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** The error message, with what to do about it, and the exit code. */
function failure(error: unknown): { readonly text: string; readonly exitCode: number } {
  if (error instanceof ConfigError) return { text: error.message, exitCode: EXIT.failed };
  if (error instanceof CliError) return { text: `agentpool: ${error.message}`, exitCode: error.exitCode };
  const { name = '', message } = error instanceof Error ? error : { message: String(error) };
  if (message === 'Region is missing')
    return { text: 'agentpool: no AWS region set: use --region or AWS_REGION', exitCode: EXIT.aws };
  if (/Credentials|Token/.test(name))
    return { text: `agentpool: ${message}: sign in (aws sso login) or set --profile`, exitCode: EXIT.aws };
  const [, missing] = /Cannot find package '([^']+)'/.exec(message) ?? [];
  if (missing !== undefined)
    return {
      text: `agentpool: this command needs the optional package ${missing}: run npm install --include=optional with Node 24`,
      exitCode: EXIT.failed,
    };
  if (error instanceof Error && ('$metadata' in error || 'code' in error))
    return { text: `agentpool: AWS: ${name}: ${message}`, exitCode: EXIT.aws };
  return { text: `agentpool: ${message}`, exitCode: EXIT.failed };
}
