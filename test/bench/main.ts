import { parseArgs } from 'node:util';

const USAGE = `npm run bench -- [--short]

Measures a tick (time of its pure part, AWS calls), an agent's memory, and the functions' bundles and cold starts.
  --short   few agents and runs: shows that it works, in half a minute`;

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) console.log(USAGE);
else {
  await import('./tick.ts');
  await import('./functions.ts');
}
