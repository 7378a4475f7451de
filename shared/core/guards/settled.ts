import { change, type Guard } from './step.ts';

/** One action at a time: doesn't shrink while agents start or stop. */
export const settled: Guard = (wanted, { observation: { agents, fleet }, desired }) => {
  if (wanted >= desired || agents.kind === 'unknown' || fleet.kind === 'unknown') return undefined;
  const { starting, draining } = agents.value;
  const { running, pending } = fleet.value;
  if (starting + draining === 0 && pending === 0 && running === fleet.value.desired) return undefined;
  const text = `${starting} starting, ${draining} draining; ${running} running and ${pending} pending of ${fleet.value.desired}`;
  return change(wanted, desired, 'ActionInProgress', text);
};

/** Only ready agents are scaled in, so no more of them than there are. */
export const readyVictims: Guard = (wanted, { observation: { agents }, desired }) => {
  if (wanted >= desired || agents.kind === 'unknown') return undefined;
  const to = Math.max(wanted, desired - agents.value.victims.length);
  return change(wanted, to, 'NoIdleAgent', `ready to drain: ${agents.value.victims.length}`);
};
