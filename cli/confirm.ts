import { createInterface } from 'node:readline/promises';
import { CliError, EXIT } from './result.ts';

/** Asks whether `what` may be deleted. @throws CliError in a script, which has to pass `--yes`. */
export async function isConfirmed(what: string, json: boolean): Promise<boolean> {
  if (!process.stdin.isTTY || json)
    throw new CliError(`this deletes ${what}: add --yes to confirm`, EXIT.usage);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Delete ${what} permanently? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
