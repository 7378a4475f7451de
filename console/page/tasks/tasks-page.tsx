import { useState } from 'preact/hooks';
import type { ListedTask, TaskStatus } from '../../tasks.ts';
import { readTasks } from '../api.ts';
import { dayAndTime, duration } from '../format.ts';
import { useLoaded } from '../load.ts';
import { Icon } from '../parts/icon.tsx';
import { Empty, Whole } from '../parts/states.tsx';
import { goTo, hrefOf } from '../route.ts';

const REFRESH_MS = 3_000;
const STATUSES: readonly TaskStatus[] = ['queued', 'running', 'done', 'failed'];

/** Tasks by ID, conversation, pool and status. */
export function TasksPage({
  query,
  pools,
}: {
  readonly query: URLSearchParams;
  readonly pools: readonly string[];
}) {
  const wanted = {
    text: query.get('text') ?? '',
    status: STATUSES.find((status) => status === query.get('status')),
    pool: query.get('pool') ?? undefined,
  };
  const [text, setText] = useState(wanted.text);
  const show = (change: object) => goTo({ view: 'tasks' }, { ...wanted, text, ...change }, 'replace');
  const loaded = useLoaded(
    JSON.stringify(wanted),
    () => readTasks({ ...wanted, text: wanted.text || undefined }),
    REFRESH_MS,
  );
  return (
    <>
      <div class="title">
        <h1>Tasks</h1>
        <search class="grow-end">
          <form
            class="search"
            onSubmit={(event) => {
              event.preventDefault();
              show({});
            }}
          >
            <label>
              ID or conversation{' '}
              <input
                type="search"
                value={text}
                onInput={({ currentTarget }) => setText(currentTarget.value)}
              />
            </label>
            <label>
              Status{' '}
              <select
                value={wanted.status ?? ''}
                onChange={({ currentTarget }) => show({ status: currentTarget.value || undefined })}
              >
                <option value="">any</option>
                {STATUSES.map((status) => (
                  <option key={status}>{status}</option>
                ))}
              </select>
            </label>
            {pools.length > 1 && (
              <label>
                Pool{' '}
                <select
                  value={wanted.pool ?? ''}
                  onChange={({ currentTarget }) => show({ pool: currentTarget.value || undefined })}
                >
                  <option value="">all</option>
                  {pools.map((pool) => (
                    <option key={pool}>{pool}</option>
                  ))}
                </select>
              </label>
            )}
            <button type="submit">
              <Icon name="search" /> Search
            </button>
          </form>
        </search>
      </div>
      <Whole loaded={loaded} what="The tasks">
        {(tasks) => (tasks.length === 0 ? <NoTasks text={wanted.text} /> : <Table tasks={tasks} />)}
      </Whole>
    </>
  );
}

function NoTasks({ text }: { readonly text: string }) {
  return (
    <Empty>
      {text === ''
        ? 'No task of the last hour is like that. Send one with “agentpool send POOL PAYLOAD”.'
        : `No task or conversation “${text}” was found. Ended tasks are listed for an hour; an older one is found by its whole ID, for 14 days.`}
    </Empty>
  );
}

function Table({ tasks }: { readonly tasks: readonly ListedTask[] }) {
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th>Task</th>
            <th>Status</th>
            <th>Pool</th>
            <th>Conversation</th>
            <th>Latest</th>
            <th>Took</th>
            <th>Reason</th>
          </tr>
        </thead>
        <tbody>
          {tasks.map(({ id, pool, status, contextId, sentAtMs, startedAtMs, endedAtMs, reason }) => (
            <tr key={id}>
              <td>
                <a href={hrefOf({ view: 'task', id })}>{id}</a>
              </td>
              <td>
                <span class={`status ${status}`}>{status}</span>
              </td>
              <td>{pool}</td>
              <td>
                {contextId !== undefined && (
                  <a href={hrefOf({ view: 'tasks' }, { text: contextId })}>{contextId}</a>
                )}
              </td>
              <td class="number">{dayAndTime(endedAtMs ?? startedAtMs ?? sentAtMs ?? 0)}</td>
              <td class="number">
                {startedAtMs !== undefined && endedAtMs !== undefined && duration(endedAtMs - startedAtMs)}
              </td>
              <td class="reason">{reason?.split('\n')[0]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
