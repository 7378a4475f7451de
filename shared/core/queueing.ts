/** A pool at one moment, and what's known about the next seconds. */
type Flow = {
  /** Tasks queued or running. */
  readonly inSystem: number;
  readonly arrivalsPerSecond: number;
  readonly durationSeconds: number;
  /** Agents that take tasks now. */
  readonly agents: number;
  /** When further agents will be ready, soonest first. */
  readonly readyInSeconds: readonly number[];
  /** How far to look ahead. */
  readonly seconds: number;
};

const STEPS = 6;

/**
 * Tasks expected in the system after `seconds`.
 *
 * While there's an agent for each task, this is the transient of the M/G/∞ queue: a share `e^(-t/S)` of `N` tasks is
 * still there, and arrivals refill it towards `λS` (Eick, Massey and Whitt, "The physics of the Mt/G/∞ queue",
 * Operations Research 41, 1993; exact for exponential durations). With fewer agents, only that many tasks run:
 * `dN/dt = λ - min(N, c)/S`, the fluid limit of Mt/M/ct (Mandelbaum, Massey and Reiman, "Strong approximations for
 * Markovian service networks", Queueing Systems 30, 1998), solved in a few Euler steps.
 */
export function expectedLoad(flow: Flow): number {
  const step = flow.seconds / STEPS;
  let load = flow.inSystem;
  let started = 0;
  for (let index = 0; index < STEPS && step > 0; index++) {
    while ((flow.readyInSeconds[started] ?? Infinity) <= index * step) started += 1;
    const busy = Math.min(load, flow.agents + started);
    load = Math.max(0, load + step * (flow.arrivalsPerSecond - busy / flow.durationSeconds));
  }
  return load;
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
