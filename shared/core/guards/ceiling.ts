import { type Guard, limit } from './guard.ts';

/**
 * Under a shared ceiling, a pool grows only into the room that other pools leave, and yields to what higher-priority
 * pools have or claim. While the other pools' use is unknown, it doesn't grow.
 */
export const ceiling: Guard = ({ desired, config, observation: { neighbours } }) => {
  const own = config.ceiling;
  if (own === undefined) return undefined;
  if (neighbours.kind === 'unknown') {
    const text = `other pools' use of ceiling "${own.name}" is unknown: ${neighbours.reason}`;
    return limit(desired, { code: 'CeilingReached', text, until: 'the other pools can be read' });
  }
  const under = neighbours.value.filter(({ priority }) => priority !== undefined);
  const others = under.reduce((sum, pool) => sum + pool.desired, 0);
  const first = under
    .filter(({ priority = 0 }) => priority > own.priority)
    .reduce((sum, pool) => sum + Math.max(0, pool.wanted - pool.desired), 0);
  const claims = first > 0 ? `, higher-priority ones want ${first} more` : '';
  return limit(Math.max(0, own.max - others - first), {
    code: 'CeilingReached',
    text: `ceiling "${own.name}" allows ${own.max}; other pools have ${others}${claims}`,
    until: 'other pools shrink, or the ceiling is raised',
  });
};
