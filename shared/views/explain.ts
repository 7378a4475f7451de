import { decidedCount } from '../core/decision.ts';
import type { DecisionRecord } from '../core/decision-record.ts';

/** A decision in one line for people: what was seen, what is expected, what is done and why. */
export function explain(record: DecisionRecord): string {
  return `${seen(record)}; ${expected(record)} → ${done(record)}: ${record.decision.reason.text}${replaced(record)}${stopped(record)}`;
}

function replaced({ surplus }: DecisionRecord): string {
  if (surplus === undefined) return '';
  const { drain, retire } = surplus;
  return `; of too many agents ${drain.length} are let go and ${retire.length} after their task`;
}

function stopped({ reaped }: DecisionRecord): string {
  if (reaped === undefined) return '';
  return `; stopped ${reaped.map(({ id, reason }) => `${id}, since ${reason}`).join(', ')}`;
}

function expected({ forecast }: DecisionRecord): string {
  const { arrivalsPerSecond, durationSeconds, staffingMargin } = forecast;
  return `${arrivalsPerSecond.toFixed(2)} tasks/s of ${durationSeconds.toFixed(0)} s expected, staffingMargin ${staffingMargin.toFixed(1)}`;
}

function seen({ observation: { queue, agents } }: DecisionRecord): string {
  const messages =
    queue.kind === 'known'
      ? `${queue.value.visible} visible, ${queue.value.inFlight} in flight`
      : 'queue unknown';
  if (agents.kind === 'unknown') return `${messages}; agents unknown`;
  const { ready, busy, cooldown, starting, draining } = agents.value;
  return `${messages}; ${ready} ready, ${busy} busy, ${cooldown} cooldown, ${starting} starting, ${draining} draining`;
}

function done({ decision, outcome }: DecisionRecord): string {
  if (outcome.kind === 'failed')
    return `${decision.kind} to ${decidedCount(decision)} failed (${outcome.step}: ${outcome.reason})`;
  if (outcome.kind === 'overtaken') return `${decision.kind} dropped, another scaler took over`;
  if (decision.kind === 'hold') return `hold at ${decision.at ?? 'an unknown count'}`;
  if (outcome.kind === 'nothing-to-do') return `${decision.kind} from ${decision.from}: nothing to do`;
  return `${decision.kind} from ${decision.from} to ${outcome.desired}`;
}
