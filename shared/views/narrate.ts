import type { DecisionRecord } from '../core/decision-record.ts';
import type { Reading } from '../core/observation.ts';
import type { Proposal } from '../core/policies/policy.ts';
import { explain } from './explain.ts';

/** A line of a narration: what it is about, and the text; what goes on with the line before is about nothing new. */
export type Told = { readonly what: string; readonly text: string };

/** A decision in words: what it saw, what it expected, what each policy wanted, what held it back, what was done. */
export function narrate(record: DecisionRecord): readonly Told[] {
  const { decision, proposals, guards, outcome, mode, settings } = record;
  const failure = outcome.kind === 'failed' ? `could not ${outcome.step}: ${outcome.reason}` : outcome.kind;
  return [
    { what: 'saw', text: seen(record) },
    { what: 'expected', text: expected(record) },
    ...under('wanted', proposals.length > 0 ? proposals.map(wanted) : [ordered(record)]),
    ...under(
      'guards',
      guards.map(({ from, to, reason }) => `${from} → ${to}: ${reason.text} [${reason.code}]`),
    ),
    { what: 'decided', text: `${decided(record)} [${decision.reason.code}]` },
    { what: 'outcome', text: failure },
    ...(mode.kind === 'automatic' ? [] : [{ what: 'mode', text: `${mode.kind} by ${mode.by}` }]),
    ...(settings ? [{ what: 'set', text: `${JSON.stringify(settings.values)} by ${settings.by}` }] : []),
  ];
}

function under(what: string, texts: readonly string[]): readonly Told[] {
  return texts.map((text, index) => ({ what: index === 0 ? what : '', text }));
}

function seen({ observation }: DecisionRecord): string {
  const { queue, fleet, agents } = observation;
  return [
    reading(
      'queue',
      queue,
      ({ visible, inFlight, delayed }) =>
        `${visible} messages visible, ${inFlight} in flight, ${delayed} delayed`,
    ),
    reading(
      'service',
      fleet,
      ({ desired, running, pending }) => `ECS desires ${desired}, ${running} run, ${pending} pending`,
    ),
    reading(
      'agents',
      agents,
      ({ ready, busy, cooldown, starting, draining, unresponsive }) =>
        `${ready} ready, ${busy} busy, ${cooldown} in cooldown, ${starting} starting, ${draining} draining${unresponsive > 0 ? `, ${unresponsive} unresponsive` : ''}`,
    ),
  ].join('; ');
}

function reading<T>(what: string, read: Reading<T>, tell: (value: T) => string): string {
  return read.kind === 'known' ? tell(read.value) : `${what} unknown (${read.reason})`;
}

function expected({
  forecast: { arrivalsPerSecond, durationSeconds, startupSeconds, staffingMargin, attained },
}: DecisionRecord): string {
  const within =
    attained === undefined ? '' : `; ${(100 * attained).toFixed(1)} % of the latest tasks started in time`;
  return `${arrivalsPerSecond.toFixed(2)} tasks/s of ${durationSeconds.toFixed(1)} s, a start in ${startupSeconds.toFixed(0)} s, staffingMargin ${staffingMargin.toFixed(1)}${within}`;
}

function wanted(proposal: Proposal): string {
  if (proposal.kind === 'abstain') return `${proposal.policy} abstains: ${proposal.why}`;
  const { policy, desired, keep = desired, why } = proposal;
  return `${policy} ${desired}${keep > desired ? `, and keeps up to ${keep}` : ''}: ${why}`;
}

function ordered({ mode }: DecisionRecord): string {
  return mode.kind === 'pinned' ? `${mode.desired}, as ordered` : 'nothing: too little is known';
}

/** The last part of the line that the log has. */
function decided(record: DecisionRecord): string {
  return explain(record).split(' → ').slice(1).join(' → ');
}
