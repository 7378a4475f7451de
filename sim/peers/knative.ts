import { type Peer, TARGETS } from '../backtest/scaler.ts';

const STABLE_SECONDS = 60;
const PANIC_SECONDS = 6;
const PANIC_AT = 2;

/**
 * Knative's pod autoscaler. Concurrency (waiting and being worked on) is averaged over 60 s and over 6 s; the setting
 * is its target per agent. It panics when the short average asks for twice what is ready, for 60 s since it last did,
 * and does not shrink while it panics; otherwise a tick shrinks by half at most.
 */
export const knative: Peer = {
  name: 'knative',
  settings: TARGETS,
  begin: (target) => {
    let seen: { readonly atSeconds: number; readonly tasks: number }[] = [];
    let panicUntil = -Infinity;
    let panicDesired = 0;
    const average = (sinceSeconds: number) => {
      const recent = seen.filter(({ atSeconds }) => atSeconds > sinceSeconds);
      return recent.reduce((sum, { tasks }) => sum + tasks, 0) / recent.length;
    };
    return ({ nowSeconds, visible, inFlight, ready, desired }) => {
      seen = [...seen, { atSeconds: nowSeconds, tasks: visible + inFlight }].filter(
        ({ atSeconds }) => atSeconds > nowSeconds - STABLE_SECONDS,
      );
      const stable = Math.ceil(average(nowSeconds - STABLE_SECONDS) / target);
      const panic = Math.ceil(average(nowSeconds - PANIC_SECONDS) / target);
      if (panic >= PANIC_AT * Math.max(1, ready + inFlight)) panicUntil = nowSeconds + STABLE_SECONDS;
      if (nowSeconds >= panicUntil) {
        panicDesired = 0;
        return Math.max(stable, Math.floor(desired / 2));
      }
      panicDesired = Math.max(panicDesired, panic, stable, desired);
      return panicDesired;
    };
  },
};
