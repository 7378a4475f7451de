import { decidedCount } from '../core/decision.ts';
import { type DecisionRecord, desiredAfter } from '../core/decision-record.ts';
import { arrivedWithin, observedSeconds } from '../core/forecast/signals/arrivals.ts';
import type { GuardStep } from '../core/guards/apply.ts';
import { slotsThatLimitFeeds } from '../core/guards/provider-limits.ts';
import type { Agents, Reading } from '../core/observation.ts';
import { ownValue } from '../core/own-value.ts';
import type { Proposal } from '../core/policies/policy.ts';
import type { PoolConfig } from '../core/pool/config.ts';
import { LIMIT_MS_PER_SECOND, limitText } from '../core/pool/provider-limit.ts';
import type { PoolState } from '../core/pool/state.ts';
import type { Surplus } from '../core/surplus.ts';
import type { LoggedDecision } from '../ports/decision-log.ts';

/** A decision as shown to people and other programs: in the log, the command line, the console and the demo. */
export type DecisionView = {
  readonly pool: string;
  readonly atMs: number;
  readonly kind: string;
  /** The desired count before it and after it; undefined while it's unknown. */
  readonly from: number | undefined;
  readonly desired: number | undefined;
  /** The binding reason. */
  readonly reason: string;
  /** Stable, for programs. */
  readonly code: string;
  /** What would have to change for another count. */
  readonly until?: string;
  /** What the tick read; `undefined` where a read failed. */
  readonly read: {
    readonly visible: number | undefined;
    readonly inFlight: number | undefined;
    /** Agents that can take a task now: ready or in cooldown. */
    readonly idle: number | undefined;
    readonly busy: number | undefined;
    readonly starting: number | undefined;
    readonly draining: number | undefined;
    /** Slots of the agents that take tasks: those used, by tasks of draining agents too, and all. */
    readonly slotsUsed: number | undefined;
    readonly slots: number | undefined;
    /** Busy agents whose handler holds up their event loop, so that they take no further task. */
    readonly heldUp: number | undefined;
  };
  /** What the tick did about agents beyond those that should take tasks, a phrase each; absent for nothing. */
  readonly drains?: readonly string[];
  /** What the pool's limits give and what's wanted of them, a sentence each; absent without limits. */
  readonly limits?: readonly string[];
  /** What the pool expects; absent if another version recorded the decision. */
  readonly expected?: Expectation;
  /** What each policy wanted, and the guards' changes, in their order. */
  readonly proposals: readonly Proposal[];
  readonly guards: readonly GuardStep[];
  /** The bounds and the objective in effect; absent if another version recorded the decision. */
  readonly bounds?: Bounds;
  /** The step of the action that failed, and why. */
  readonly failure?: string;
  /** The decision in one line. */
  readonly line: string;
  /** The decision in full, part by part: what was done and why first, then what led there. */
  readonly sections: readonly Section[];
};

/** What is expected until agents started now are ready. */
export type Expectation = {
  /** Tasks per second: seen until the tick before, over {@link SEEN_SECONDS}, and expected, with the range in which nine of ten counts fall. */
  readonly arrivals: number;
  readonly forecast: number;
  readonly low: number;
  readonly high: number;
  readonly durationSeconds: number;
  readonly startupSeconds: number;
  /** Share of recent tasks that started within the objective, 0 to 1; absent before the first. */
  readonly attained?: number;
  /** Agent-hours used since the UTC day began. */
  readonly agentHoursToday: number;
};

export type Bounds = Pick<PoolConfig, 'min' | 'max' | 'objective'>;

/** A line of the full view. A line without a title continues the one before. */
export type Section = { readonly title: string; readonly text: string };

export function viewDecision(record: DecisionRecord): DecisionView {
  const { observation, decision, outcome, proposals, guards, config } = record;
  const queue = known(observation.queue);
  const agents = known(observation.agents);
  return {
    pool: observation.pool,
    atMs: observation.atMs,
    kind: decision.kind,
    from: decision.kind === 'hold' ? decision.at : decision.from,
    desired: desiredAfter(record),
    reason: decision.reason.text,
    code: decision.reason.code,
    ...(decision.reason.until !== undefined && { until: decision.reason.until }),
    read: {
      visible: queue?.visible,
      inFlight: queue?.inFlight,
      idle: agents && agents.ready + agents.cooldown,
      busy: agents?.busy,
      starting: agents?.starting,
      draining: agents?.draining,
      slotsUsed: agents && agents.slots.used + agents.slots.draining,
      slots: agents && slotsIn(agents),
      heldUp: agents?.heldUp,
    },
    ...(record.surplus && { drains: drainsOf(record.surplus) }),
    ...(config.limits.length > 0 && { limits: limitsOf(record) }),
    expected: expectationOf(record),
    proposals,
    guards,
    bounds: { min: config.min, max: config.max, objective: config.objective },
    ...(outcome.kind === 'failed' && { failure: `could not ${outcome.step}: ${outcome.reason}` }),
    line: lineOf(record),
    sections: sectionsOf(record),
  };
}

/** A logged decision; one of another version says so in the place of its reason. */
export function viewLogged(pool: string, logged: LoggedDecision): DecisionView {
  if (logged.kind === 'decision') return viewDecision(logged.record);
  const { atMs, reason } = logged;
  const nothing = undefined;
  return {
    pool,
    atMs,
    kind: 'unreadable',
    from: nothing,
    desired: nothing,
    reason,
    code: 'Unreadable',
    read: {
      visible: nothing,
      inFlight: nothing,
      idle: nothing,
      busy: nothing,
      starting: nothing,
      draining: nothing,
      slotsUsed: nothing,
      slots: nothing,
      heldUp: nothing,
    },
    proposals: [],
    guards: [],
    line: reason,
    sections: [{ title: 'decision', text: reason }],
  };
}

/** Long enough for a rate, and short enough that it's gone soon after the last task. */
const SEEN_SECONDS = 30;

/** The rate over the latest {@link SEEN_SECONDS}; undefined before the second tick. */
function seenPerSecond({ forecast }: PoolState): number | undefined {
  const known = forecast?.known.arrivals;
  const seconds = known ? Math.min(SEEN_SECONDS, observedSeconds(known)) : 0;
  return known && seconds > 0 ? arrivedWithin(known.slots, seconds) / seconds : undefined;
}

/** How many standard deviations below and above the mean nine of ten values fall, if they're normally distributed. */
const NINE_OF_TEN = 1.645;

/**
 * The rate over a start-up is a count divided by its time: of a mean `λt` and, as the forecast measures dispersion, a
 * variance of `D·λt`.
 */
function expectationOf({ forecast, state }: DecisionRecord): Expectation {
  const { naivePerSecond, arrivalsPerSecond, dispersion, durationSeconds, startupSeconds, attained } =
    forecast;
  const spread = NINE_OF_TEN * Math.sqrt((dispersion * arrivalsPerSecond) / Math.max(1, startupSeconds));
  return {
    arrivals: seenPerSecond(state) ?? naivePerSecond,
    forecast: arrivalsPerSecond,
    low: Math.max(0, arrivalsPerSecond - spread),
    high: arrivalsPerSecond + spread,
    durationSeconds,
    startupSeconds,
    ...(attained !== undefined && { attained }),
    agentHoursToday: (state.spending?.agentSeconds ?? 0) / 3600,
  };
}

function known<T>(reading: Reading<T>): T | undefined {
  return reading.kind === 'known' ? reading.value : undefined;
}

function lineOf(record: DecisionRecord): string {
  const { arrivalsPerSecond, durationSeconds, staffingMargin } = record.forecast;
  const expected = `${arrivalsPerSecond.toFixed(2)} tasks/s of ${durationSeconds.toFixed(0)} s expected, staffing margin ${staffingMargin.toFixed(1)}`;
  return `${readings(record, 'short')}; ${expected} → ${result(record)}`;
}

function sectionsOf(record: DecisionRecord): readonly Section[] {
  const { decision, proposals, guards, outcome, mode, settings } = record;
  const wanted = proposals.length > 0 ? proposals.map(proposed) : [withoutProposals(record)];
  return [
    { title: 'decided', text: `${result(record)} [${decision.reason.code}]` },
    ...(decision.reason.until ? [{ title: 'until', text: decision.reason.until }] : []),
    {
      title: 'outcome',
      text: outcome.kind === 'failed' ? `could not ${outcome.step}: ${outcome.reason}` : outcome.kind,
    },
    { title: 'read', text: readings(record, 'full') },
    { title: 'forecast', text: forecastOf(record) },
    ...titled('limits', limitsOf(record)),
    ...titled('wanted', wanted),
    ...titled(
      'guards',
      guards.map(({ from, to, reason }) => `${from} → ${to}: ${reason.text} [${reason.code}]`),
    ),
    ...(mode.kind === 'automatic' ? [] : [{ title: 'mode', text: `${mode.kind} by ${mode.by}` }]),
    ...(settings ? [{ title: 'set', text: `${JSON.stringify(settings.values)} by ${settings.by}` }] : []),
  ];
}

function titled(title: string, texts: readonly string[]): readonly Section[] {
  return texts.map((text, index) => ({ title: index === 0 ? title : '', text }));
}

/** With one slot each, the busy agents say it all. */
function slotsOf(agents: Agents, concurrency: number): string {
  const { used, draining } = agents.slots;
  return concurrency === 1 ? '' : ` (${used + draining} of ${slotsIn(agents)} slots used)`;
}

function slotsIn({ slots: { used, free, unusable, draining } }: Agents): number {
  return used + draining + free + unusable;
}

/** Each limit: how many slots it feeds, how much of it the pool uses, and whether it's closed. */
function limitsOf({ observation, config, forecast, guards }: DecisionRecord): readonly string[] {
  const agents = known(observation.agents);
  const states = known(observation.limits) ?? [];
  const held = guards.find(({ reason }) => reason.code === 'ProviderLimit')?.reason.text;
  return config.limits.map((limit, index) => {
    const text = limitText(limit);
    if (held?.startsWith(text)) return held;
    const used = ownValue(agents?.limitUse ?? {}, limit.name)?.msPerSecond ?? 0;
    const { neighbours } = observation;
    const slots = slotsThatLimitFeeds(limit, { use: forecast.limits[index], neighbours });
    const feeds = slots === undefined ? '' : ` feed ${slots} slots`;
    const { closedUntilMs = 0 } = states.find(({ name }) => name === limit.name) ?? {};
    const closedMs = closedUntilMs - observation.atMs;
    const closed = closedMs > 0 ? `; closed for ${Math.ceil(closedMs / 1000)} s` : '';
    return `${text}${feeds}; ${((100 * used) / LIMIT_MS_PER_SECOND).toFixed(0)} % used in five minutes${closed}`;
  });
}

function readings(
  { observation: { queue, fleet, agents }, config: { concurrency } }: DecisionRecord,
  form: 'short' | 'full',
): string {
  const each = [
    shown('queue', queue, (counts) =>
      form === 'short'
        ? `${counts.visible} visible, ${counts.inFlight} in flight`
        : `${counts.visible} messages visible, ${counts.inFlight} in flight, ${counts.delayed} delayed`,
    ),
    form === 'full' &&
      shown(
        'service',
        fleet,
        ({ desired, running, pending }) => `ECS: ${desired} desired, ${running} running, ${pending} pending`,
      ),
    shown('agents', agents, (seen) => {
      const { ready, busy, cooldown, starting, draining, unresponsive, notReceiving, heldUp } = seen;
      const lost = unresponsive > 0 ? `, ${unresponsive} unresponsive` : '';
      const deaf = notReceiving > 0 ? `, ${notReceiving} failing to receive` : '';
      const blocked = heldUp > 0 ? `, ${heldUp} held up by a handler` : '';
      return `${ready} ready, ${busy} busy${slotsOf(seen, concurrency)}, ${cooldown} in cooldown, ${starting} starting, ${draining} draining${lost}${deaf}${blocked}`;
    }),
  ];
  return each.filter((text) => text !== false).join('; ');
}

function shown<T>(what: string, reading: Reading<T>, show: (value: T) => string): string {
  return reading.kind === 'known' ? show(reading.value) : `${what} unknown (${reading.reason})`;
}

function forecastOf({ forecast }: DecisionRecord): string {
  const { arrivalsPerSecond, durationSeconds, startupSeconds, staffingMargin, attained } = forecast;
  const onTime = attained === undefined ? '' : `; ${(100 * attained).toFixed(1)} % of recent tasks on time`;
  return `${arrivalsPerSecond.toFixed(2)} tasks/s of ${durationSeconds.toFixed(1)} s, start-up ${startupSeconds.toFixed(0)} s, staffing margin ${staffingMargin.toFixed(1)}${onTime}`;
}

function proposed(proposal: Proposal): string {
  if (proposal.kind === 'abstain') return `${proposal.policy} abstains: ${proposal.why}`;
  const { policy, desired, keep = desired, why } = proposal;
  return `${policy} ${desired}${keep > desired ? `, keeps up to ${keep}` : ''}: ${why}`;
}

function withoutProposals({ mode }: DecisionRecord): string {
  return mode.kind === 'pinned' ? `${mode.desired}: pinned by ${mode.by}` : 'nothing: data is missing';
}

/** What was done and why, and what else the tick did. */
function result(record: DecisionRecord): string {
  return `${done(record)}: ${record.decision.reason.text}${replaced(record)}${reaped(record)}`;
}

function done({ decision, outcome }: DecisionRecord): string {
  if (outcome.kind === 'failed')
    return `${decision.kind} to ${decidedCount(decision)} failed (${outcome.step}: ${outcome.reason})`;
  if (outcome.kind === 'overtaken') return `${decision.kind} dropped, another scaler took over`;
  if (decision.kind === 'hold') return `hold at ${decision.at ?? 'an unknown count'}`;
  if (outcome.kind === 'nothing-to-do') return `${decision.kind} from ${decision.from}: nothing to do`;
  return `${decision.kind} from ${decision.from} to ${outcome.desired}`;
}

function replaced({ surplus }: DecisionRecord): string {
  return surplus === undefined
    ? ''
    : drainsOf(surplus)
        .map((text) => `; ${text}`)
        .join('');
}

function drainsOf({ drain, replace, retire, resume }: Surplus): readonly string[] {
  const texts = [
    drain.length + replace.length > 0 &&
      `replacing agents: ${drain.length} draining, ${replace.length} after their tasks`,
    retire.length > 0 && `draining ${retire.length} at work`,
    resume.length > 0 && `taking back ${resume.length === 1 ? 'a drain' : `${resume.length} drains`}`,
  ];
  return texts.filter((text) => text !== false);
}

function reaped({ reaped: stopped }: DecisionRecord): string {
  if (stopped === undefined) return '';
  return `; stopped ${stopped.map(({ id, reason }) => `${id} (${reason})`).join(', ')}`;
}
