import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';
import type { Arrival } from '../../shared/tasks/trace.ts';

/** A made workload: the same seed gives the same tasks. */
export type MadeTrace = { readonly name: string; readonly make: (seed: number) => readonly Arrival[] };

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** Kinds of traffic that the recorded traces do not have: tuned to those, a policy has to hold here too. */
export const MADE_TRACES: readonly MadeTrace[] = [
  made('diurnal', { mean: 60, spread: 1 }, ({ poisson }) =>
    poisson(7 * DAY, (at) => 0.02 + 0.4 * Math.max(0, Math.sin((2 * Math.PI * at) / DAY)) ** 1.5),
  ),
  made('diurnal-short', { mean: 15, spread: 1 }, ({ poisson }) =>
    poisson(2 * DAY, (at) => 0.1 + 1.2 * Math.max(0, Math.sin((4 * Math.PI * at) / DAY)) ** 2),
  ),
  made('spiky', { mean: 60, spread: 1 }, (chance) => {
    const spikes = every(5 * DAY, () => chance.exponential(1.5 * HOUR)).map((from) => ({
      from,
      until: from + 120 + chance.exponential(480),
      rate: 0.1 * (3 + chance.exponential(12)),
    }));
    return chance.poisson(5 * DAY, (at) => 0.1 + spikesAt(spikes, at));
  }),
  made('spiky-short', { mean: 20, spread: 1 }, (chance) => {
    const spikes = every(2 * DAY, () => chance.exponential(HOUR)).map((from) => ({
      from,
      until: from + 60 + chance.exponential(240),
      rate: 0.2 * (4 + chance.exponential(10)),
    }));
    return chance.poisson(2 * DAY, (at) => 0.4 + spikesAt(spikes, at));
  }),
  made('random-walk', { mean: 45, spread: 1 }, ({ poisson, normal }) => {
    let rate = 0.2;
    const rates = every(2 * DAY, () => 300).map(() => {
      rate = Math.max(0.02, rate * Math.exp(0.25 * normal()) * (0.2 / rate) ** 0.1);
      return rate;
    });
    return poisson(2 * DAY, (at) => rates[Math.floor(at / 300)] ?? rate);
  }),
  made('switching', { mean: 40, spread: 1.5 }, ({ poisson, uniform, exponential }) => {
    const levels = every(2 * DAY, () => exponential(600)).map((from) => ({
      from,
      rate: [0.02, 0.1, 0.3, 1][Math.floor(4 * uniform())] as number,
    }));
    return poisson(2 * DAY, (at) => levels.findLast(({ from }) => from <= at)?.rate ?? 0.1);
  }),
  made('on-off', { mean: 25, spread: 1 }, (chance) =>
    bursts(chance, 2 * HOUR, {
      size: () => 1 + chance.exponential(30),
      lasts: () => 60 + chance.exponential(60),
      pause: 90,
    }),
  ),
  made('bursts', { mean: 30, spread: 1 }, (chance) =>
    bursts(chance, 4 * HOUR, { size: () => chance.exponential(25), lasts: () => 30, pause: 150 }),
  ),
  made('short-bursts', { mean: 7, spread: 0.7 }, (chance) =>
    bursts(chance, HOUR, { size: () => chance.exponential(40), lasts: () => 20, pause: 60 }),
  ),
  made('heavy-bursts', { mean: 30, spread: 1 }, (chance) =>
    bursts(chance, DAY, {
      size: () => Math.min(300, 8 * chance.uniform() ** (-1 / 1.6)),
      lasts: () => 90,
      pause: 100,
    }),
  ),
  made('hourly', { mean: 40, spread: 0.8 }, (chance) => [
    ...every(3 * DAY, () => HOUR).flatMap((from) =>
      Array.from({ length: 60 }, () => from + 10 * chance.uniform()),
    ),
    ...chance.poisson(3 * DAY, () => 0.03),
  ]),
];

/** How long tasks take: lognormal, with a mean in seconds and a coefficient of variation. */
type Work = { readonly mean: number; readonly spread: number };

function made(
  name: string,
  { mean, spread }: Work,
  arrivals: (chance: Chance) => readonly number[],
): MadeTrace {
  return {
    name: `made-${name}`,
    make(seed) {
      const chance = chanceOf(seed);
      const times = arrivals(chance).toSorted((a, b) => a - b);
      const first = times[0] ?? 0;
      return times.map((at) => ({
        atSeconds: at - first,
        durationSeconds: chance.lognormal(mean, spread),
      }));
    },
  };
}

type Chance = ReturnType<typeof chanceOf>;

function chanceOf(seed: number) {
  const random = mersenne(seed);
  const uniform = () => uniformFloat64(random);
  const exponential = (mean: number) => -Math.log(1 - uniform()) * mean;
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    exponential,
    normal,
    lognormal(mean: number, spread: number): number {
      const variance = Math.log(1 + spread ** 2);
      return mean * Math.exp(normal() * Math.sqrt(variance) - variance / 2);
    },
    /** Arrivals of a Poisson process whose rate changes with time, by thinning one of the highest rate. */
    poisson(seconds: number, rate: (at: number) => number): number[] {
      const rates = every(seconds, () => 10).map(rate);
      const highest = Math.max(...rates);
      const times: number[] = [];
      for (let at = exponential(1 / highest); at < seconds; at += exponential(1 / highest)) {
        if (uniform() < (rates[Math.floor(at / 10)] ?? 0) / highest) times.push(at);
      }
      return times;
    },
  };
}

type Bursts = { readonly size: () => number; readonly lasts: () => number; readonly pause: number };

function bursts({ exponential, uniform }: Chance, seconds: number, { size, lasts, pause }: Bursts): number[] {
  const times: number[] = [];
  for (let at = 0; at < seconds; ) {
    const length = lasts();
    for (let task = Math.ceil(size()); task > 0; task--) times.push(at + length * uniform());
    at += length + exponential(pause);
  }
  return times;
}

type Spike = { readonly from: number; readonly until: number; readonly rate: number };

function spikesAt(spikes: readonly Spike[], at: number): number {
  return spikes.reduce((sum, { from, until, rate }) => (at >= from && at < until ? sum + rate : sum), 0);
}

/** Times from zero on, each a step after the one before. */
function every(seconds: number, step: () => number): number[] {
  const times: number[] = [];
  for (let at = 0; at < seconds; at += step()) times.push(at);
  return times;
}
