import { run } from './run.ts';

process.exit(
  await run(process.argv.slice(2), {
    say: (text) => process.stdout.write(`${text}\n`),
    warn: (text) => process.stderr.write(`${text}\n`),
  }),
);
