import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { DEFAULT_UTILIZATION } from '../../shared/core/pool/config-schema.ts';
import type { SettingValues } from '../../shared/core/pool/settings.ts';
import type { Arrival } from '../../shared/tasks/trace.ts';
import { secondsOf } from '../backtest/compare.ts';

/** What arrivals ask for, were every task begun when it arrives: agents in the mean, and at the most. */
export type Load = { readonly meanBusy: number; readonly peakBusy: number };

/** A step from a configuration to another one: the settings that it changes, or undefined where it changes nothing. */
export type Move = (config: PoolConfig, load: Load) => SettingValues | undefined;

const AGENTS_AT_MOST = 5000;
const DEFAULT_POLICIES = ['predictive', 'overdue', 'schedule', 'warm-floor'];
const SOON_SECONDS = 60;
const LATE_SECONDS = 600;

const defaultPolicies: Move = ({ policies }) =>
  policies.toSorted().join() === DEFAULT_POLICIES.toSorted().join()
    ? undefined
    : // Without the policy that reads them, thresholds are refused.
      { policies: DEFAULT_POLICIES, utilization: DEFAULT_UTILIZATION };

/** What saves agents, the most likely first. */
export const CHEAPER: readonly Move[] = [
  ({ min }) => (min > 0 ? { min: Math.floor(min / 2) } : undefined),
  ({ warmFloor }) => (warmFloor > 0 ? { warmFloor: Math.floor(warmFloor / 2) } : undefined),
  ({ scaleInStabilizationSeconds: seconds }) =>
    seconds === 'auto' ? undefined : { scaleInStabilizationSeconds: 'auto' },
  defaultPolicies,
  ({ scaleInStabilizationSeconds: seconds }) =>
    seconds === 'auto' || seconds > SOON_SECONDS ? { scaleInStabilizationSeconds: SOON_SECONDS } : undefined,
  ({ schedule }) => (schedule.length > 0 ? { schedule: [] } : undefined),
  // Only where it binds: a maximum above all that ever runs saves nothing.
  ({ max }, { peakBusy }) => (max > 1 && max / 2 < peakBusy ? { max: Math.ceil(max / 2) } : undefined),
];

/** What makes tasks wait less, the most likely first. */
export const FASTER: readonly Move[] = [
  ({ max }, { peakBusy }) =>
    max < Math.min(peakBusy, AGENTS_AT_MOST)
      ? { max: Math.min(AGENTS_AT_MOST, Math.max(2 * max, peakBusy)) }
      : undefined,
  defaultPolicies,
  ({ min, max }, { meanBusy }) => {
    const more = Math.min(max, Math.max(2 * min, Math.ceil(meanBusy)));
    return more > min ? { min: more } : undefined;
  },
  ({ policies, warmFloor }, { meanBusy }) =>
    policies.includes('warm-floor')
      ? { warmFloor: Math.min(AGENTS_AT_MOST, warmFloor + Math.ceil(meanBusy / 10)) }
      : undefined,
  ({ scaleInStabilizationSeconds: seconds }) =>
    seconds === 'auto' || seconds < LATE_SECONDS ? { scaleInStabilizationSeconds: LATE_SECONDS } : undefined,
];

export function loadOf(trace: readonly Arrival[]): Load {
  const work = trace.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  const ends = Float64Array.from(
    trace,
    ({ atSeconds, durationSeconds }) => atSeconds + durationSeconds,
  ).sort();
  let peakBusy = 0;
  let ended = 0;
  for (const [index, { atSeconds }] of trace.entries()) {
    while ((ends[ended] as number) <= atSeconds && ended < index) ended += 1;
    peakBusy = Math.max(peakBusy, index + 1 - ended);
  }
  return { meanBusy: work / Math.max(1, secondsOf(trace)), peakBusy };
}
