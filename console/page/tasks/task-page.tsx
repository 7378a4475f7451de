import { useState } from 'preact/hooks';
import type { TaskView } from '../../../shared/views/task-view.ts';
import type { Difference } from '../../conversation.ts';
import type { TaskStory } from '../../tasks.ts';
import { act, readTask } from '../api.ts';
import { count, dayAndTime, duration } from '../format.ts';
import { useLoaded } from '../load.ts';
import { Confirm } from '../parts/dialog.tsx';
import { Empty, Failure, Whole } from '../parts/states.tsx';
import { hrefOf } from '../route.ts';
import { Attempts } from './attempts.tsx';
import { ConversationView, Messages } from './conversation.tsx';

const REFRESH_MS = 2_000;
const LATE_MS = 60_000;

/** A task: its attempts on an axis of time, why it failed, its progress or result, and what it did to its conversation. */
export function TaskPage({ id, canAct }: { readonly id: string; readonly canAct: boolean }) {
  const [changingId, setChangingId] = useState<string>();
  const [redrivenId, setRedrivenId] = useState<string>();
  const changes = changingId === id || redrivenId === id;
  const read = async () => {
    const story = await readTask(id);
    setChangingId(story && isChanging(story.task) ? id : undefined);
    return story;
  };
  const loaded = useLoaded(id, read, changes ? REFRESH_MS : undefined);
  return (
    <Whole loaded={loaded} what="The task">
      {(story) =>
        story ? (
          <Story story={story} canAct={canAct} onRedrive={() => setRedrivenId(id)} />
        ) : (
          <Empty>
            No pool has a task “{id}”. Records are kept for 14 days.{' '}
            <a href={hrefOf({ view: 'tasks' })}>See the latest tasks</a>
          </Empty>
        )
      }
    </Whole>
  );
}

/** What its agent logged last can be read a little after the task has ended. */
function isChanging({ status, endedAtMs }: TaskView): boolean {
  const isOpen = status === 'queued' || status === 'running';
  return isOpen || (endedAtMs !== undefined && Date.now() < endedAtMs + LATE_MS);
}

function Story({
  story,
  canAct,
  onRedrive,
}: {
  readonly story: TaskStory;
  readonly canAct: boolean;
  readonly onRedrive: () => void;
}) {
  const { task, attempts, logsProblem, payload, difference, conversation } = story;
  const { id, pool, status, contextId, sentAtMs, startedAtMs, endedAtMs, reason, progress, result } = task;
  return (
    <>
      <div class="title">
        <h1 class="id">{id}</h1>
        <span class={`status ${status}`}>{status}</span>
      </div>
      <dl class="facts">
        <Fact name="pool">
          <a href={hrefOf({ view: 'pool', pool })}>{pool}</a>
        </Fact>
        <Fact name="sent">{dayAndTime(sentAtMs)}</Fact>
        <Fact name="waited">
          {duration((startedAtMs ?? Date.now()) - sentAtMs)}
          {startedAtMs === undefined && ' so far'}
        </Fact>
        <Fact name="attempts">
          {task.attempts}
          {task.returned > 0 && `, ${task.returned} returned`}
        </Fact>
        {endedAtMs !== undefined && <Fact name="ended">{dayAndTime(endedAtMs)}</Fact>}
        {contextId !== undefined && (
          <Fact name="conversation">
            <a href={hrefOf({ view: 'tasks' }, { text: contextId })}>{contextId}</a>
          </Fact>
        )}
      </dl>
      {reason !== undefined && <Failure>{reason}</Failure>}
      {status === 'failed' && <Redrive pool={pool} id={id} canAct={canAct} onRedrive={onRedrive} />}
      <section aria-labelledby="attempts">
        <h2 id="attempts">Attempts</h2>
        <Attempts task={task} attempts={attempts} problem={logsProblem} />
      </section>
      {progress !== undefined && <Json title="Progress" value={progress} />}
      {result !== undefined && <Json title="Result" value={result} />}
      {payload !== undefined && <Json title="Payload" value={payload} />}
      {contextId !== undefined && (
        <section aria-labelledby="conversation">
          <h2 id="conversation">Conversation</h2>
          {difference && <Turn difference={difference} />}
          {conversation ? (
            <details open={!difference}>
              <summary>The conversation as it is now</summary>
              <ConversationView conversation={conversation} />
            </details>
          ) : (
            <Empty>Nothing has been stored for this conversation yet.</Empty>
          )}
        </section>
      )}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="number">{children}</dd>
    </div>
  );
}

/** What the task's turn changed. */
function Turn({ difference }: { readonly difference: Difference }) {
  switch (difference.kind) {
    case 'unchanged':
      return <p class="quiet">This task changed nothing in it.</p>;
    case 'messages':
      return (
        <>
          <p class="quiet">
            This task found {count(difference.before, 'message')} and added {difference.added.length}:
          </p>
          <Messages messages={difference.added} isAdded={true} />
        </>
      );
    case 'rewritten':
      return (
        <div class="before-after">
          <div>
            <h3>Before this task</h3>
            <ConversationView conversation={difference.before} />
          </div>
          <div>
            <h3>After it</h3>
            <ConversationView conversation={difference.after} />
          </div>
        </div>
      );
    default:
      return difference satisfies never;
  }
}

function Redrive({
  pool,
  id,
  canAct,
  onRedrive,
}: {
  readonly pool: string;
  readonly id: string;
  readonly canAct: boolean;
  readonly onRedrive: () => void;
}) {
  const [isAsking, setIsAsking] = useState(false);
  const [done, setDone] = useState('');
  if (!canAct)
    return (
      <p class="quiet">
        Once you've fixed its cause:{' '}
        <code>
          agentpool dead redrive {pool} {id}
        </code>
      </p>
    );
  return (
    <p>
      <button type="button" onClick={() => setIsAsking(true)}>
        Redrive
      </button>{' '}
      <span role="status">{done}</span>
      {isAsking && (
        <Confirm
          title="Queue this task again?"
          confirm="Redrive"
          onClose={() => setIsAsking(false)}
          onConfirm={() =>
            void act({ do: 'redrive', pool, task: id }).then(
              (said) => {
                setDone(said);
                onRedrive();
              },
              (error: Error) => setDone(error.message),
            )
          }
        >
          <p>It runs again from the beginning, with all its attempts. Fix the cause first.</p>
        </Confirm>
      )}
    </p>
  );
}

function Json({ title, value }: { readonly title: string; readonly value: unknown }) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <pre>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
    </section>
  );
}
