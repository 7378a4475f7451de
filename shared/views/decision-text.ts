import { decidedCount } from '../core/decision.ts';
import type { DecisionRecord } from '../core/decision-record.ts';
import { slotsThatLimitFeeds } from '../core/guards/provider-limits.ts';
import type { Agents, Reading } from '../core/observation.ts';
import { ownValue } from '../core/own-value.ts';
import type { Proposal } from '../core/policies/policy.ts';
import { LIMIT_MS_PER_SECOND, limitText } from '../core/pool/provider-limit.ts';
import type { Surplus } from '../core/surplus.ts';

/** A line of the full view. A line without a title continues the one before. */
export type Section = { readonly title: string; readonly text: string };

/** What was read; undefined if it couldn't be. */
export function known<T>(reading: Reading<T>): T | undefined {
  return reading.kind === 'known' ? reading.value : undefined;
}

/** The decision in one line. */
export function lineOf(record: DecisionRecord): string {
  const { arrivalsPerSecond, durationSeconds, staffingMargin } = record.forecast;
  const expected = `${arrivalsPerSecond.toFixed(2)} tasks/s of ${durationSeconds.toFixed(0)} s expected, staffing margin ${staffingMargin.toFixed(1)}`;
  return `${readings(record, 'short')}; ${expected} → ${result(record)}`;
}

/** The decision in full, part by part: what was done and why first, then what led there. */
export function sectionsOf(record: DecisionRecord): readonly Section[] {
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

/** All slots of the agents that take tasks, and those that draining agents still use. */
export function slotsIn({ slots: { used, free, unusable, draining } }: Agents): number {
  return used + draining + free + unusable;
}

/** Each limit: how many slots it feeds, how much of it the pool uses, and whether it's closed. */
export function limitsOf({ observation, config, forecast, guards }: DecisionRecord): readonly string[] {
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

/** What the tick did about agents beyond those that should take tasks, a phrase each. */
export function drainsOf({ drain, replace, retire, resume }: Surplus): readonly string[] {
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
