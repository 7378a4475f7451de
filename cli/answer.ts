import { styleText } from 'node:util';
import { markdownTable } from 'markdown-table';

/** What a command has to say: for people, and the same as a value for programs (`--json`). */
export type Answer = {
  readonly text: string;
  readonly value: unknown;
  /** 0 unless told otherwise. */
  readonly exitCode?: number;
};

/** Nothing is wrong with the command, but what was asked for did not come true. It is told, and is no usage error. */
export class CliError extends Error {
  override name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Exit statuses, for scripts. */
export const EXIT = {
  /** What was asked for did not come true: a task failed, a configuration is wrong, a question was answered with no. */
  failed: 1,
  usage: 2,
  /** There is no stack, pool, agent, task or conversation of that name. */
  notFound: 3,
  /** AWS refused, or was not reached. */
  aws: 4,
} as const;

/** Colours on a terminal only, and not where NO_COLOR is set. */
export function styled(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

/** A table for people, which can be pasted into a ticket as it is. */
export function table(header: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const align = header.map((_, column) => (rows.every((row) => isNumeric(row[column])) ? 'r' : 'l'));
  return markdownTable([[...header], ...rows.map((row) => row.map((cell) => String(cell ?? '')))], { align });
}

function isNumeric(cell: unknown): boolean {
  return cell === undefined || cell === '' || /^[-\d.,]+( ?[%a-zA-Z]{1,3})?$/.test(String(cell));
}
