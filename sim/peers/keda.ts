import type { Peer } from '../backtest/scaler.ts';
import { TARGETS } from '../backtest/tune.ts';

const TOLERANCE = 0.1;
const STABILIZATION_SECONDS = 300;

/**
 * KEDA on Kubernetes' horizontal pod autoscaler with its default behavior, every 15 s. Metric: messages visible and in
 * flight; the setting is its target per slot. No change within 10 %; up by at most 100 % or 4 agents per 15 s, whichever is
 * more; down only to the highest recommendation of the last 300 s.
 */
export const keda: Peer = {
  name: 'keda',
  tickSeconds: 15,
  settings: TARGETS,
  begin: (target) => {
    let recommendations: { readonly atSeconds: number; readonly desired: number }[] = [];
    return ({ nowSeconds, visible, inFlight, concurrency, desired: current }) => {
      const wanted = (visible + inFlight) / (target * concurrency);
      const ratio = current === 0 ? Infinity : wanted / current;
      const desired = Math.abs(ratio - 1) <= TOLERANCE ? current : Math.ceil(wanted);
      recommendations = [
        ...recommendations.filter(({ atSeconds }) => atSeconds >= nowSeconds - STABILIZATION_SECONDS),
        { atSeconds: nowSeconds, desired },
      ];
      if (desired > current) return Math.min(desired, Math.max(2 * current, current + 4));
      return Math.min(current, Math.max(...recommendations.map((each) => each.desired)));
    };
  },
};
