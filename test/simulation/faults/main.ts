import { parseArgs } from 'node:util';
import { runSeed } from './run-seed.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '200' }, seed: { type: 'string' }, json: { type: 'boolean', default: false } },
});
const first = Number(values.seed ?? 1);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const start = performance.now();
let tasks = 0;
let faultsInjected = 0;
const failures = [];
for (let seed = first; seed < first + count; seed++) {
  const result = await runSeed(seed);
  tasks += result.tasks;
  faultsInjected += result.faults;
  if (result.kind === 'failed') failures.push(result);
}
console.log(JSON.stringify({ seeds: count, tasks, faultsInjected, failures: failures.map(({ seed, invariant, detail, story }) => ({ seed, invariant, detail, story: values.seed ? story : story.slice(-3) })) }, null, 1));
console.error(`${((performance.now() - start) / count).toFixed(0)} ms a seed`);
process.exit(0);
