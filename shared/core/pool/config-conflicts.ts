import type * as z from 'zod';
import { sizeConflict } from './capacity.ts';
import { DEFAULT_UTILIZATION, type PolicyName, type PoolConfig } from './config-schema.ts';

/** Two settings that can't work together: the field to change, and what's expected of it. */
type Conflict = z.core.$ZodIssueCustom;

type Rule = (pool: PoolConfig) => Conflict | false;

/** An idle agent notices SIGTERM only when its long poll ends. The rest of the time is for signing off. */
const SIGN_OFF_SECONDS = 4;
/** SQS's 12 hours, less ten minutes for everything else that happens to a message. */
const IN_FLIGHT_SECONDS = 42_600;
/** Policies that want an agent for a queued task while there's none. */
const STARTERS: readonly PolicyName[] = ['predictive', 'overdue', 'backlog'];

/**
 * What's refused. docs/decisions/0018-settings-that-cannot-work.md goes through the pairs of fields, and says which are
 * allowed and why.
 */
const RULES: readonly Rule[] = [
  ({ min, max }) => min > max && conflict(['min'], `at most max (${max})`),
  ({ utilization: { scaleInBelow, scaleOutAbove } }) =>
    scaleInBelow >= scaleOutAbove &&
    conflict(['utilization', 'scaleInBelow'], 'less than utilization.scaleOutAbove'),
  ({ min, max, policies, warmFloor, schedule }) => {
    const canStart =
      policies.some((name) => STARTERS.includes(name)) ||
      (policies.includes('warm-floor') && warmFloor > 0) ||
      (policies.includes('schedule') && schedule.length > 0);
    const expected = `one that can start the first agent (${STARTERS.join(', ')}), because min is 0`;
    return min === 0 && max > 0 && !canStart && conflict(['policies'], expected);
  },
  ({ policies, utilization: { scaleOutAbove, scaleInBelow } }) =>
    (scaleOutAbove !== DEFAULT_UTILIZATION.scaleOutAbove ||
      scaleInBelow !== DEFAULT_UTILIZATION.scaleInBelow) &&
    !policies.includes('utilization') &&
    !policies.includes('one-step') &&
    conflict(['policies'], '"utilization" among them, because utilization thresholds are set'),
  ({ policies, warmFloor }) =>
    warmFloor > 0 &&
    !policies.includes('warm-floor') &&
    conflict(['policies'], '"warm-floor" among them, because warmFloor is set'),
  ({ policies, schedule }) =>
    schedule.length > 0 &&
    !policies.includes('schedule') &&
    conflict(['policies'], '"schedule" among them, because schedule is set'),
  ({ stopTimeoutSeconds, pollSeconds }) =>
    stopTimeoutSeconds < pollSeconds + SIGN_OFF_SECONDS &&
    conflict(
      ['stopTimeoutSeconds'],
      `at least pollSeconds + ${SIGN_OFF_SECONDS} (${pollSeconds + SIGN_OFF_SECONDS}), or an idle agent is killed in its poll`,
    ),
  ({ ceiling, min }) =>
    ceiling !== undefined && ceiling.max < min && conflict(['ceiling', 'max'], `at least min (${min})`),
  ({ limits }) => {
    const names = limits.map(({ name }) => name);
    const twice = names.findIndex((name, index) => names.indexOf(name) < index);
    return twice >= 0 && conflict(['limits', twice, 'name'], 'a name no other limit of this pool has');
  },
  ({ retryBackoff: { firstSeconds, atMostSeconds } }) =>
    firstSeconds > atMostSeconds &&
    conflict(['retryBackoff', 'firstSeconds'], `at most retryBackoff.atMostSeconds (${atMostSeconds})`),
  ({ taskTimeoutSeconds, retryBackoff: { atMostSeconds } }) =>
    taskTimeoutSeconds + atMostSeconds > IN_FLIGHT_SECONDS &&
    conflict(
      ['retryBackoff', 'atMostSeconds'],
      `at most ${IN_FLIGHT_SECONDS - taskTimeoutSeconds}, because SQS keeps a message in flight for 12 hours, with the task's own time`,
    ),
  ({ agent, capacity }) => {
    const [field, expected] = sizeConflict(agent, capacity) ?? [];
    return field !== undefined && conflict(['agent', field], expected ?? '');
  },
];

/** Every conflict of a pool whose fields are each valid. */
export function conflictsOf(pool: PoolConfig): readonly Conflict[] {
  return RULES.map((rule) => rule(pool)).filter((found) => found !== false);
}

function conflict(path: (string | number)[], message: string): Conflict {
  return { code: 'custom', path, message };
}
