import type { Peer } from '../backtest/scaler.ts';
import { TARGETS } from '../backtest/tune.ts';

const STABLE_SECONDS = 60;
const PANIC_SECONDS = 6;
const PANIC_AT = 2;

/**
 * Knative's pod autoscaler, every 2 s. Concurrency (waiting and being worked on) is averaged over 60 s and over 6 s; the
 * setting is its target per slot. It panics when the short average asks for twice what is ready, for 60 s since it last
 * did, and does not shrink while it panics; otherwise a tick shrinks by half at most.
 */
export const knative: Peer = {
  name: 'knative',
  tickSeconds: 2,
  settings: TARGETS,
  begin: (target) => {
    const stableAverage = rollingAverage(STABLE_SECONDS);
    const panicAverage = rollingAverage(PANIC_SECONDS);
    let panicUntil = -Infinity;
    let panicDesired = 0;
    return ({ nowSeconds, visible, inFlight, concurrency, present, desired }) => {
      const perAgent = target * concurrency;
      const stable = Math.ceil(stableAverage(nowSeconds, visible + inFlight) / perAgent);
      const panic = Math.ceil(panicAverage(nowSeconds, visible + inFlight) / perAgent);
      if (panic >= PANIC_AT * Math.max(1, present)) panicUntil = nowSeconds + STABLE_SECONDS;
      if (nowSeconds >= panicUntil) {
        panicDesired = 0;
        return Math.max(stable, Math.floor(desired / 2));
      }
      panicDesired = Math.max(panicDesired, panic, stable, desired);
      return panicDesired;
    };
  },
};

/** The mean of the samples of the last `seconds`. */
function rollingAverage(seconds: number) {
  const samples: { readonly atSeconds: number; readonly tasks: number }[] = [];
  let sum = 0;
  return (nowSeconds: number, tasks: number) => {
    samples.push({ atSeconds: nowSeconds, tasks });
    sum += tasks;
    for (let [oldest] = samples; oldest && oldest.atSeconds <= nowSeconds - seconds; [oldest] = samples) {
      sum -= oldest.tasks;
      samples.shift();
    }
    return sum / samples.length;
  };
}
