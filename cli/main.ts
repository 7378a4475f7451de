import { terminalText } from '../shared/core/foreign-text.ts';
import { run } from './run.ts';

process.exit(
  await run(process.argv.slice(2), {
    say: (text) => process.stdout.write(`${terminalText(text)}\n`),
    width: process.stdout.isTTY ? process.stdout.columns : undefined,
    warn: (text) => process.stderr.write(`${terminalText(text)}\n`),
  }),
);
