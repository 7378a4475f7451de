import { useState } from 'preact/hooks';
import type { TaskView } from '../../shared/views/task-view.ts';
import type { EndedTask } from '../source.ts';
import { readContext, readTask } from './api.ts';
import { timeOfDay } from './time.ts';

/** Recently ended tasks, and one task in detail with its conversation. */
export function Tasks({ ended }: { readonly ended: readonly EndedTask[] }) {
  const [id, setId] = useState('');
  const [task, setTask] = useState<TaskView>();
  const [context, setContext] = useState<unknown>();
  const [problem, setProblem] = useState('');
  const show = async (wanted: string) => {
    setId(wanted);
    try {
      const found = await readTask(wanted);
      if (found === null) throw new Error('unknown task');
      setTask(found);
      setContext(found.contextId === undefined ? undefined : await readContext(found.pool, found.contextId));
      setProblem('');
    } catch (error) {
      setTask(undefined);
      setProblem(`${wanted}: ${(error as Error).message}`);
    }
  };
  return (
    <section aria-labelledby="tasks">
      <h2 id="tasks">Tasks</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void show(id);
        }}
      >
        <label>
          Task <input type="text" value={id} onInput={({ currentTarget }) => setId(currentTarget.value)} />
        </label>
        <button type="submit">Show</button>
      </form>
      <p role="status">{problem}</p>
      {task && <Result task={task} context={context} />}
      {ended.length > 0 && (
        <ul class="ended" aria-label="Recently ended tasks">
          {ended.slice(0, 20).map(({ id: each, outcome, atMs, agent }) => (
            <li key={`${each} ${atMs}`}>
              <time dateTime={new Date(atMs).toISOString()}>{timeOfDay(atMs)}</time>{' '}
              <button type="button" class="link" onClick={() => void show(each)}>
                {each}
              </button>{' '}
              {outcome} on {agent.slice(0, 6)}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Result({ task, context }: { readonly task: TaskView; readonly context: unknown }) {
  const { id, pool, status, attempts, contextId, result, reason } = task;
  return (
    <article class="task" aria-label={`Task ${id}`}>
      <p>
        <b>{id}</b> in {pool}: {status}, {attempts} attempt{attempts === 1 ? '' : 's'}
        {reason !== undefined && `; ${reason}`}
      </p>
      {result !== undefined && (
        <>
          <h3>Result</h3>
          <pre>{JSON.stringify(result, null, 2)}</pre>
        </>
      )}
      {context !== undefined && (
        <>
          <h3>Conversation {contextId}</h3>
          <pre>{JSON.stringify(context, null, 2).slice(0, 20_000)}</pre>
        </>
      )}
    </article>
  );
}
