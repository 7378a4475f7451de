import type { LoggedDecision } from '../shared/ports/decision-log.ts';
import { viewLogged } from '../shared/views/decision-view.ts';
import { styled } from './result.ts';
import { sparkline } from './sparkline.ts';
import type { OpenPool } from './stack.ts';
import { duration } from './time.ts';

const BACK_MS = 30 * 60_000;
/** A line has room for that many on 80 columns. */
const SAMPLES = 24;

type Sample = {
  readonly atMs: number;
  readonly waiting: number | undefined;
  readonly agents: number | undefined;
};

/** What the scaler saw and decided lately, pool by pool, from its decisions. */
export function trends(pools: readonly OpenPool[]) {
  const past = pools.map((pool) => ({ pool, samples: [] as Sample[] }));

  async function read({ pool: { pool, decisions }, samples }: (typeof past)[number]): Promise<void> {
    const afterMs = samples.at(-1)?.atMs ?? Date.now() - BACK_MS;
    const found: Sample[] = [];
    for await (const logged of decisions.read({ afterMs })) {
      found.push(sampleOf(pool.name, logged));
      if (found.length === SAMPLES) break;
    }
    samples.push(...found.toReversed());
    samples.splice(0, samples.length - SAMPLES);
  }

  return {
    async lines(): Promise<readonly string[]> {
      await Promise.all(past.map(read));
      return past
        .filter(({ samples }) => samples.length > 1)
        .map(({ pool, samples }) => line(pool.pool.name, samples));
    },
  };
}

function sampleOf(pool: string, logged: LoggedDecision): Sample {
  const { atMs, read, desired } = viewLogged(pool, logged);
  return { atMs, waiting: read.visible, agents: desired };
}

function line(name: string, samples: readonly Sample[]): string {
  const span = duration((samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0));
  const bars = (values: readonly (number | undefined)[]) => sparkline(values, SAMPLES);
  const visible = bars(samples.map(({ waiting }) => waiting));
  const desired = bars(samples.map(({ agents }) => agents));
  return `${styled('bold', name)}, last ${span}: visible ${visible}  desired ${desired}`;
}
