/** A pool at one moment, and what's known about the next seconds. */
type Flow = {
  /** Tasks queued or running. */
  readonly inSystem: number;
  readonly arrivalsPerSecond: number;
  readonly durationSeconds: number;
  /** Slots of agents that take tasks now. */
  readonly slots: number;
  /** When further slots will be ready, soonest first. */
  readonly readyInSeconds: readonly number[];
  /** How far to look ahead. */
  readonly seconds: number;
};

/**
 * Tasks expected in the system after `seconds`.
 *
 * While there's a slot for each task, this is the transient of the M/G/∞ queue: a share `e^(-t/S)` of `N` tasks is
 * still there, and arrivals refill it towards `λS` (Eick, Massey and Whitt, "The physics of the Mt/G/∞ queue",
 * Operations Research 41, 1993; exact for exponential durations). With fewer slots, only that many tasks run:
 * `dN/dt = λ - min(N, c)/S`, the fluid limit of Mt/M/ct (Mandelbaum, Massey and Reiman, "Strong approximations for
 * Markovian service networks", Queueing Systems 30, 1998). Between two slots becoming ready, `c` is constant and the
 * equation has a solution, so there's no step size to choose.
 */
export function expectedLoad({ inSystem, slots, readyInSeconds, seconds, ...flow }: Flow): number {
  let load = inSystem;
  let now = 0;
  let started = 0;
  while (now < seconds) {
    while ((readyInSeconds[started] ?? Infinity) <= now) started += 1;
    const until = Math.min(seconds, readyInSeconds[started] ?? Infinity);
    load = loadAfter(load, { ...flow, slots: slots + started, seconds: until - now });
    now = until;
  }
  return load;
}

/** The load after `seconds` with a constant number of slots. It crosses that number once at most. */
function loadAfter(
  load: number,
  { slots, arrivalsPerSecond, durationSeconds, seconds }: Omit<Flow, 'inSystem' | 'readyInSeconds'>,
): number {
  const offered = arrivalsPerSecond * durationSeconds;
  if (load > slots || (load === slots && offered > slots)) {
    const growth = arrivalsPerSecond - slots / durationSeconds;
    const queueEnds = growth < 0 ? (load - slots) / -growth : Infinity;
    return seconds <= queueEnds ? load + growth * seconds : relaxed(slots, seconds - queueEnds);
  }
  const allBusy =
    offered > slots ? durationSeconds * Math.log((offered - load) / (offered - slots)) : Infinity;
  if (seconds <= allBusy) return relaxed(load, seconds);
  return slots + (arrivalsPerSecond - slots / durationSeconds) * (seconds - allBusy);

  function relaxed(from: number, after: number): number {
    return offered + (from - offered) * Math.exp(-after / durationSeconds);
  }
}

/**
 * The value below which a standard normal variable lies with probability `p`, 0 < p < 1, to within 0.00045
 * (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23).
 */
export function normalQuantile(p: number): number {
  if (p < 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(1 - p));
  return (
    t -
    (2.515517 + 0.802853 * t + 0.010328 * t ** 2) / (1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3)
  );
}
