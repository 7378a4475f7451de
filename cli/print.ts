import { terminalText } from '../shared/core/foreign-text.ts';

/** Writes a line to standard output while a command runs. Text of agents and senders can't steer the terminal. */
export function print(line: string): void {
  process.stdout.write(`${terminalText(line)}\n`);
}

/** The same, to standard error. */
export function warn(line: string): void {
  process.stderr.write(`${terminalText(line)}\n`);
}

const CLEAR = '\u001B[2J\u001B[H';

/** Clears a terminal, so that what's printed next is in the place of what was there. */
export function clearScreen(): void {
  if (process.stdout.isTTY) process.stdout.write(CLEAR);
}
