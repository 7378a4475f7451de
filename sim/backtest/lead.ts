import { keda } from '../peers/keda.ts';
import type { Model } from './model.ts';
import { parseOptions } from './options.ts';
import { productionScaler } from './production.ts';
import { peerScaler, type Scaler } from './scaler.ts';
import { simulate } from './simulate.ts';
import { tracesOf } from './traces.ts';
import type { World } from './world.ts';

/**
 * `npm run backtest:lead`: by how many seconds the first scale-out of each ramp comes before KEDA's. A ramp begins with
 * a scale-out of KEDA's after five minutes without one; the first of the pool's own is looked for around it.
 */
const QUIET_SECONDS = 300;
const AROUND_SECONDS = 120;
const CHANCE_SECONDS = 900;

const given = process.argv.slice(2);
const options = await parseOptions(
  given.includes('--trace') ? given : ['--trace', 'sim/traces/duration-drift.csv.gz', ...given],
);
if (options === 'help') throw new Error('takes the options of npm run backtest');
const { model } = options;
for (const { name, tasks: trace } of await tracesOf(options)) {
  const ours = await scaleOuts(trace, model, (world) => productionScaler(world));
  const theirs = await scaleOuts(trace, model, (world) => peerScaler(keda, 1, world));
  const ramps = theirs.filter((at, index) => at - (theirs[index - 1] ?? -Infinity) > QUIET_SECONDS);
  const leads = leadsOf(ramps, ours);
  // A pool that often scales out has one near any moment: the same with its scale-outs a quarter of an hour later.
  const byChance = leadsOf(
    ramps,
    ours.map((at) => at + CHANCE_SECONDS),
  );
  console.log(
    `${name}: ${ramps.length} ramps, ${leads.length} of them with a scale-out of the pool's own within ${AROUND_SECONDS} s; it leads by ${mean(leads)} s in the mean (${Math.min(...leads)} to ${Math.max(...leads)} s), where chance would give ${mean(byChance)} s`,
  );
}

/** How long before each ramp the first scale-out around it was; ramps without one are left out. */
function leadsOf(ramps: readonly number[], scaleOuts: readonly number[]): readonly number[] {
  return ramps.flatMap((at) => {
    const first = scaleOuts.find((own) => Math.abs(own - at) <= AROUND_SECONDS);
    return first === undefined ? [] : [at - first];
  });
}

function mean(values: readonly number[]): string {
  return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(0);
}

async function scaleOuts(
  trace: World['trace'],
  of: Model,
  begin: (world: World) => Scaler,
): Promise<readonly number[]> {
  const times: number[] = [];
  let supply = of.config.min;
  await simulate(trace, of, {
    begin,
    onTick(world) {
      if (world.supply > supply) times.push(world.now);
      supply = world.supply;
    },
  });
  return times;
}
