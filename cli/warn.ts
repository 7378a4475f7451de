import { terminalText } from '../shared/core/foreign-text.ts';

/** Writes a line to standard error while a command runs. Text of agents and senders can't steer the terminal. */
export function warn(line: string): void {
  process.stderr.write(`${terminalText(line)}\n`);
}
