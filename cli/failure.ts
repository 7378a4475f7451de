import leven from 'leven';
import { COMMANDS } from './command-list.ts';
import { CliError, EXIT } from './result.ts';
import { STACK_OPTIONS } from './stack-options.ts';

/** A command line that yargs rejected, with its message. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** What people read of an error, and the exit code. */
type Failure = { readonly text: string; readonly exitCode: number };

/** Letters that may be wrong in a name that somebody meant. */
const TYPOS = 2;
/** Of Node's network, which the SDK passes on. */
const UNREACHABLE = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EHOSTUNREACH', 'EAI_AGAIN'];

/** The error message, with what to do about it, and the exit code. */
export async function failure(error: unknown, args: readonly string[]): Promise<Failure> {
  const { name = '', message } = error instanceof Error ? error : { message: String(error) };
  if (error instanceof UsageError)
    return { text: `agentpool: ${await usage(message, args)}`, exitCode: EXIT.usage };
  // By its name: its module takes a tenth of a second to load.
  if (name === 'ConfigError') return { text: message, exitCode: EXIT.failed };
  if (error instanceof CliError) return { text: `agentpool: ${message}`, exitCode: error.exitCode };
  const [, missing] = /Cannot find package '([^']+)'/.exec(message) ?? [];
  if (missing !== undefined)
    return {
      text: `agentpool: this command needs the optional package ${missing}: run npm install --include=optional with Node 24`,
      exitCode: EXIT.failed,
    };
  const ofAws = awsProblem(error as Error);
  return ofAws === undefined
    ? { text: `agentpool: ${message}`, exitCode: EXIT.failed }
    : { text: `agentpool: ${ofAws}`, exitCode: EXIT.aws };
}

/** What is wrong between here and AWS; undefined if it's something else. */
function awsProblem(error: Error): string | undefined {
  const { name, message } = error;
  const { code } = error as { readonly code?: unknown };
  const { AWS_PROFILE: profile, AWS_ENDPOINT_URL_SQS: local, AGENTPOOL_OUTPUTS: outputs } = process.env;
  if (message === 'Region is missing') return 'no AWS region set: use --region or AWS_REGION';
  if (/Credentials|Token/.test(name)) {
    const whose = profile === undefined ? '' : ` for profile "${profile}"`;
    return `no AWS credentials${whose} (${message}): sign in (aws sso login), or set --profile`;
  }
  if (UNREACHABLE.includes(String(code))) {
    if (local?.startsWith('http://127.0.0.1') && outputs !== undefined)
      return 'the local stack that this terminal points at has ended: start it again with agentpool local, or open another terminal';
    return `AWS can't be reached: ${message}`;
  }
  return '$metadata' in error ? `AWS: ${name}: ${message}` : undefined;
}

/** yargs' message, with what it should have been. */
async function usage(message: string, args: readonly string[]): Promise<string> {
  const first = args.find((arg) => !arg.startsWith('-')) ?? '';
  const listed = COMMANDS.find(({ command }) => command.split(' ')[0] === first);
  const help = `See agentpool ${listed ? `${first} ` : ''}--help.`;
  const [, unknown] = /^Unknown arguments?: ([^,]+)/.exec(message) ?? [];
  if (unknown !== undefined && listed) {
    const { options } = await listed.load();
    const isOption = args.some((arg) => arg.startsWith(`--${unknown}`));
    const all = [...options, 'json', 'wide', ...Object.keys(STACK_OPTIONS)];
    const near = isOption ? nearest(unknown, all) : undefined;
    return near === undefined
      ? `unknown option or argument "${unknown}". ${help}`
      : `unknown option --${unknown}: did you mean --${near}? ${help}`;
  }
  if (message.startsWith('Not enough') && listed)
    return `missing argument: agentpool ${listed.command}. ${help}`;
  if (message.startsWith('Did you mean')) return `unknown command "${first}". ${message} ${help}`;
  return `${/[.?]$/.test(message) ? message : `${message}.`} ${help}`;
}

function nearest(text: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((name) => ({ name, typos: leven(text, name) }))
    .toSorted((a, b) => a.typos - b.typos);
  return best && best.typos <= TYPOS ? best.name : undefined;
}
