import { terminalText } from '../shared/core/foreign-text.ts';

/** Writes a line to standard output while a command runs. Text of agents and senders can't steer the terminal. */
export function print(line: string): void {
  process.stdout.write(`${terminalText(line)}\n`);
}

/** The same, to standard error. */
export function warn(line: string): void {
  process.stderr.write(`${terminalText(line)}\n`);
}
