import { ownFile } from '../../shared/project/own-files.ts';
import { type Arrival, readTrace } from '../../shared/tasks/trace.ts';

/** A part of a recorded trace, sped up so that it takes a minute or two. */
type Burst = {
  readonly label: string;
  readonly trace: string;
  /** The busiest part of this length, in seconds of the recording. */
  readonly windowSeconds: number;
  readonly speed: number;
};

const BURSTS: readonly Burst[] = [
  { label: 'A wave of tweets: 10 minutes in 50 s', trace: 'tweets-amzn', windowSeconds: 600, speed: 12 },
  { label: 'A taxi rush hour: 15 minutes in 50 s', trace: 'taxi-july', windowSeconds: 900, speed: 18 },
  {
    label: 'Chats with a language model: 5 minutes in 50 s',
    trace: 'azure-conversation',
    windowSeconds: 300,
    speed: 6,
  },
];

export const BURST_LABELS: readonly string[] = BURSTS.map(({ label }) => label);

/** More would only queue on a laptop. */
const TASKS_AT_MOST = 120;

/** The arrivals of a burst, from its beginning, in seconds of this clock. @throws Error for an unknown label. */
export async function readBurst(label: string): Promise<readonly Arrival[]> {
  const burst = BURSTS.find((each) => each.label === label);
  if (!burst) throw new Error(`unknown burst "${label}"`);
  const { trace, windowSeconds, speed } = burst;
  const found = busiest(await readTrace(ownFile(`sim/traces/${trace}.csv.gz`)), windowSeconds);
  const beginning = found[0]?.atSeconds ?? 0;
  return thinned(found).map(({ atSeconds, durationSeconds }) => ({
    atSeconds: (atSeconds - beginning) / speed,
    durationSeconds: durationSeconds / speed,
  }));
}

/** The arrivals of the window with the most of them. */
function busiest(trace: readonly Arrival[], windowSeconds: number): readonly Arrival[] {
  let [from, best, bestFrom] = [0, 0, 0];
  for (const [to, { atSeconds }] of trace.entries()) {
    while (atSeconds - (trace[from]?.atSeconds ?? 0) > windowSeconds) from += 1;
    if (to - from + 1 > best) [best, bestFrom] = [to - from + 1, from];
  }
  return trace.slice(bestFrom, bestFrom + best);
}

/** Every nth task, so that the shape stays. */
function thinned(arrivals: readonly Arrival[]): readonly Arrival[] {
  const every = Math.ceil(arrivals.length / TASKS_AT_MOST);
  return arrivals.filter((_, index) => index % every === 0);
}
