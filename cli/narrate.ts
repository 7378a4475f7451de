import { explain } from '../shared/scaling/explain.ts';
import type { Reading } from '../shared/scaling/observation.ts';
import type { Proposal } from '../shared/scaling/policies/policy.ts';
import type { DecisionRecord } from '../shared/scaling/record.ts';
import { styled } from './answer.ts';
import { duration, timestamp } from './time.ts';

/** A decision in words: what it saw, what it expected, what each policy wanted, what held it back, what was done. */
export function narrate(record: DecisionRecord, nowMs: number): string {
  const { observation, decision, proposals, guards, outcome, control, settings } = record;
  const { pool, atMs } = observation;
  const lines: (readonly [string, string])[] = [
    ['saw', seen(record)],
    ['expected', expected(record)],
    ...proposals.map((proposal, index) => [index === 0 ? 'wanted' : '', wanted(proposal)] as const),
    ...(proposals.length === 0 ? [['wanted', ordered(record)] as const] : []),
    ...guards.map(
      ({ from, to, reason }, index) =>
        [index === 0 ? 'guards' : '', `${from} → ${to}: ${reason.text} [${reason.code}]`] as const,
    ),
    ['decided', `${decided(record)} [${decision.reason.code}]`],
    ['outcome', outcome.kind === 'failed' ? `could not ${outcome.step}: ${outcome.reason}` : outcome.kind],
    ...(control.kind === 'automatic'
      ? []
      : [['control', `${control.kind} by ${control.by} since ${timestamp(control.atMs)}`] as const]),
    ...(settings ? [['set', `${JSON.stringify(settings.values)} by ${settings.by}`] as const] : []),
  ];
  const title = `${pool} at ${timestamp(atMs)}, ${duration(nowMs - atMs)} ago`;
  return [styled('bold', title), ...lines.map(([what, text]) => `  ${what.padEnd(9)} ${text}`)].join('\n');
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
      ({ ready, busy, cooldown, starting, draining, silent }) =>
        `${ready} ready, ${busy} busy, ${cooldown} in cooldown, ${starting} starting, ${draining} draining${silent > 0 ? `, ${silent} silent` : ''}`,
    ),
  ].join('; ');
}

function reading<T>(what: string, read: Reading<T>, tell: (value: T) => string): string {
  return read.kind === 'known' ? tell(read.value) : `${what} unknown (${read.reason})`;
}

function expected({
  forecast: { arrivalsPerSecond, workSeconds, startupSeconds, safety, attained },
}: DecisionRecord): string {
  const within =
    attained === undefined ? '' : `; ${(100 * attained).toFixed(1)} % of the latest tasks started in time`;
  return `${arrivalsPerSecond.toFixed(2)} tasks/s of ${workSeconds.toFixed(1)} s, a start in ${startupSeconds.toFixed(0)} s, safety ${safety.toFixed(1)}${within}`;
}

function wanted(proposal: Proposal): string {
  if (proposal.kind === 'abstain') return `${proposal.policy} abstains: ${proposal.why}`;
  const { policy, desired, keep = desired, why } = proposal;
  return `${policy} ${desired}${keep > desired ? `, and keeps up to ${keep}` : ''}: ${why}`;
}

function ordered({ control }: DecisionRecord): string {
  return control.kind === 'pinned' ? `${control.desired}, as ordered` : 'nothing: too little is known';
}

/** The last part of the line that the log has. */
function decided(record: DecisionRecord): string {
  return explain(record).split(' → ').slice(1).join(' → ');
}
