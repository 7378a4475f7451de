import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { SingleBar } from 'cli-progress';
import { type Failure, runSeed, type SeedResult, shortest } from './run-seed.ts';

const USAGE = `npm run test:simulation -- [--seeds N] [--from N] [--seed S] [--bail] [--json]

Runs agents, scaler, reconciler and compactor on virtual time under faults that come from the seed, and checks what must
always hold. For a seed that fails, it prints the shortest story that leads there.
  --seeds N   the number of seeds (default 200), starting at --from (default 1), on all processors
  --seed S    one seed
  --bail      stop at the first that fails
  --json      {seeds, tasks, faultsInjected, failures: [{seed, invariant, story}]}`;

type Options = { readonly seeds: readonly number[]; readonly bail: boolean; readonly json: boolean };

/** Exit statuses: 0 all survived, 1 some failed, 2 wrong usage. */
async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    console.error(USAGE);
    return 2;
  }
  const results = await runAll(options);
  const failures: Failure[] = [];
  for (const result of results) {
    if (result.kind !== 'failed') continue;
    const { seed, invariant, story } = options.bail ? result : await shortest(result);
    failures.push({ seed, invariant, story });
  }
  const sum = (of: (result: SeedResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const report = {
    seeds: results.length,
    tasks: sum(({ tasks }) => tasks),
    faultsInjected: sum(({ faults }) => faults),
    failures,
  };
  console.log(options.json ? JSON.stringify(report) : textOf(report));
  return failures.length === 0 ? 0 : 1;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      bail: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const from = Number(values.seed ?? values.from);
  const count = values.seed === undefined ? Number(values.seeds) : 1;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count) || count < 1) return undefined;
  const seeds = Array.from({ length: count }, (_, index) => from + index);
  return { seeds, bail: values.bail, json: values.json };
}

/** On one worker for each processor; the next seed goes to the first free worker. */
async function runAll({ seeds, bail, json }: Options): Promise<readonly SeedResult[]> {
  const bar = new SingleBar({
    format: 'seeds {bar} {value}/{total}, {failed} failed',
    stream: process.stderr,
  });
  if (!json) bar.start(seeds.length, 0, { failed: 0 });
  const left = [...seeds];
  const results: SeedResult[] = [];
  let failed = 0;
  const work = async () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: 'seeds' });
    while (left.length > 0 && !(bail && failed > 0)) {
      const result = await new Promise<SeedResult>((resolve, reject) => {
        worker.once('message', resolve).once('error', reject);
        worker.postMessage(left.shift());
      });
      worker.removeAllListeners('error');
      results.push(result);
      if (result.kind === 'failed') failed += 1;
      bar.increment(1, { failed });
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), seeds.length) }, work));
  bar.stop();
  return results.toSorted((a, b) => a.seed - b.seed);
}

function textOf({
  seeds,
  tasks,
  faultsInjected,
  failures,
}: {
  readonly seeds: number;
  readonly tasks: number;
  readonly faultsInjected: number;
  readonly failures: readonly Failure[];
}): string {
  const stories = failures.map(
    ({ seed, invariant, story }) =>
      `seed ${seed} fails: ${invariant}\n${story.map((line) => `  ${line}`).join('\n')}\n  again: npm run test:simulation -- --seed ${seed}`,
  );
  return [
    ...stories,
    `${seeds} seeds, ${tasks} tasks, ${faultsInjected} faults: ${failures.length} failed`,
  ].join('\n\n');
}

if (isMainThread) process.exitCode = await main();
else if (workerData === 'seeds') {
  parentPort?.on('message', async (seed: number) => parentPort?.postMessage(await runSeed(seed)));
}
