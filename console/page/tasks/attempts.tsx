import type { TaskView } from '../../../shared/views/task-view.ts';
import type { Attempt } from '../../lanes.ts';
import { duration, timeOfDay } from '../format.ts';
import { Empty, Failure } from '../parts/states.tsx';
import { hrefOf } from '../route.ts';
import { shownAttempts } from './shown-attempts.ts';

type Props = {
  readonly task: TaskView;
  readonly attempts: readonly Attempt[];
  /** Why the agents' logs can't be read. */
  readonly problem?: string | undefined;
};

/** The wait and the attempts, as bars on one axis from when the task was sent. */
export function Attempts({ task, attempts: logged, problem }: Props) {
  const { sentAtMs, endedAtMs, pool } = task;
  const attempts = shownAttempts(task, logged);
  if (problem !== undefined) return <Failure>Its attempts can't be read: {problem}</Failure>;
  if (attempts.length === 0)
    return (
      <Empty>
        {task.attempts === 0
          ? 'No agent has taken it yet.'
          : "Its agents' logs are no longer there: there's only what its record says."}
      </Empty>
    );
  const untilMs = Math.max(endedAtMs ?? 0, ...attempts.map((each) => each.endedAtMs ?? Date.now()));
  const share = (ms: number) => `${Math.max(0.3, (100 * ms) / Math.max(1, untilMs - sentAtMs))}%`;
  const at = (atMs: number) => `${(100 * Math.max(0, atMs - sentAtMs)) / Math.max(1, untilMs - sentAtMs)}%`;
  const first = attempts[0]?.startedAtMs ?? untilMs;
  return (
    <ol class="attempts">
      <li>
        <span class="attempt-name">waits</span>
        <span class="attempt-track">
          <span class="attempt-bar waiting" style={{ left: '0%', width: share(first - sentAtMs) }} />
        </span>
        <span class="number">{duration(first - sentAtMs)}</span>
      </li>
      {attempts.map(({ agentId, attempt, startedAtMs, endedAtMs: end, outcome, reason }) => (
        <li key={`${agentId} ${startedAtMs}`}>
          <span class="attempt-name">
            attempt {attempt ?? ''} on{' '}
            <a
              href={hrefOf(
                { view: 'pool', pool },
                { from: startedAtMs - 60_000, to: (end ?? Date.now()) + 60_000 },
              )}
            >
              {agentId.slice(0, 6)}
            </a>
          </span>
          <span class="attempt-track">
            <span
              class={`attempt-bar ${outcome === 'lost' ? 'failed' : outcome}`}
              style={{ left: at(startedAtMs), width: share((end ?? untilMs) - startedAtMs) }}
            />
          </span>
          <span class="number">
            {outcome}, {duration((end ?? Date.now()) - startedAtMs)} from {timeOfDay(startedAtMs)}
          </span>
          {reason !== undefined && <span class="attempt-reason">{reason.split('\n')[0]}</span>}
        </li>
      ))}
    </ol>
  );
}
