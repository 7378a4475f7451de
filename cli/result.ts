import { styleText } from 'node:util';

/** The output of a command: as text for people, and as a value for programs (`--json`). */
export type CommandResult = {
  /** For a terminal of this many columns; `Infinity` where nothing must be shortened. */
  readonly text: string | ((width: number) => string);
  readonly value: unknown;
  /** Default: 0. */
  readonly exitCode?: number;
};

/** A command failed for a reason that its user can act on. The message is printed without a stack trace. */
export class CliError extends Error {
  override name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Exit codes, for scripts. */
export const EXIT = {
  /** The command failed: for example, a task failed or the configuration is invalid. */
  failed: 1,
  usage: 2,
  /** Unknown stack, pool, agent, task or conversation. */
  notFound: 3,
  /** AWS refused the call or couldn't be reached. */
  aws: 4,
} as const;

/** What a lone `-` on the command line becomes, because yargs drops it. */
export const STDIN = '<standard input>';

/** `1 task`, `2 tasks`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Formats text on a terminal, unless NO_COLOR is set. */
export function styled(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stdout });
}
