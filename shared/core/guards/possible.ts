import { requestedLately } from './capacity.ts';
import { type GuardContext, type Limit, limit } from './guard.ts';

/**
 * The lowest count that stops no agent at work: those that are there or expected, less the idle ones that can be
 * drained. Agents that ECS has never placed are given up first, since nothing has to be drained for them.
 */
export function possible(context: GuardContext): Limit {
  const { agents } = context.observation;
  if (agents.kind === 'unknown') {
    const text = `the agents could not be read: ${agents.reason}`;
    return limit(context.desired, { code: 'DataMissing', text, until: 'they can be read' });
  }
  const { victims, consolidating } = agents.value;
  // More than desired may be there: ECS placed one after it was given up. Those at work stay all the same.
  const count = Math.min(context.desired, Math.max(0, expectedAgents(context) - victims.length));
  return limit(count, {
    code: 'NoIdleAgent',
    text: idleText(victims.length, consolidating.agents - consolidating.empty),
    until: 'agents at work become idle',
  });
}

function idleText(idle: number, draining: number): string {
  const text =
    idle === 0 ? 'no agent is idle' : `only ${idle} ${idle === 1 ? 'agent is' : 'agents are'} idle`;
  return draining === 0 ? text : `${text}; ${draining} will be once their tasks end`;
}

/** The count to which the pool can shrink without draining an agent: below `desired` if ECS hasn't placed some. */
export function keptWithoutDraining(context: GuardContext): number {
  return Math.min(context.desired, expectedAgents(context));
}

/** Agents that are there, or were requested and may come. */
function expectedAgents({ observation, desired, memory, forecast }: GuardContext): number {
  const { agents, atMs } = observation;
  if (agents.kind === 'unknown') return desired;
  const { ready, cooldown, busy, consolidating, notReceiving, unresponsive, unreadable, starting } =
    agents.value;
  const there = ready + cooldown + busy + consolidating.agents + notReceiving + unresponsive + unreadable;
  // An agent that starts again and again, or that ECS replaces, wasn't requested lately: it holds up only itself.
  const expected = Math.min(starting, requestedLately(memory.changes, atMs, forecast.startupSeconds));
  return there + expected;
}
