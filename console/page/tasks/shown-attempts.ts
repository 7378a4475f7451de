import type { TaskView } from '../../../shared/views/task-view.ts';
import type { Attempt } from '../../lanes.ts';

type Shown = Attempt & { readonly outcome: string };

/**
 * Attempts as far as they're known to have got. One without an end is running only if it's the last one and its task
 * hasn't ended: otherwise its agent was killed, or what it logged last can't be read yet.
 */
export function shownAttempts(
  { status, endedAtMs }: Pick<TaskView, 'status' | 'endedAtMs'>,
  attempts: readonly Attempt[],
): readonly Shown[] {
  return attempts.map((each, index): Shown => {
    const { outcome = 'running' } = each;
    const next = attempts[index + 1];
    if (each.endedAtMs !== undefined) return { ...each, outcome };
    if (next) return { ...each, endedAtMs: next.startedAtMs, outcome: 'lost' };
    if (endedAtMs === undefined) return { ...each, outcome };
    return { ...each, endedAtMs, outcome: status === 'done' ? 'completed' : 'lost' };
  });
}
