import { useEffect, useRef, useState } from 'preact/hooks';
import type { Action } from '../../actions.ts';
import { act, type Setup } from '../api.ts';
import { usePool } from '../live.ts';
import { Confirm } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { Faults } from './faults.tsx';

type Props = {
  readonly pool: string | undefined;
  readonly pools: readonly string[];
  readonly controls: NonNullable<Setup['controls']>;
  readonly onClose: () => void;
};

/** An action that asks first. */
type Asked = { readonly title: string; readonly text: string; readonly action: Action };

/** A drawer of controls of the stack on this machine, apart from the facts. */
export function TryIt({ pool: first, pools, controls, onClose }: Props) {
  const [name, setName] = useState(first ?? pools[0] ?? '');
  const [said, setSaid] = useState('');
  const [asked, setAsked] = useState<Asked>();
  const drawer = useRef<HTMLElement>(null);
  useEffect(() => drawer.current?.focus(), []);
  const doIt = (action: Action) => void act(action).then(setSaid, (error: Error) => setSaid(error.message));
  return (
    <aside
      ref={drawer}
      class="drawer"
      aria-label="Try it"
      tabIndex={-1}
      onKeyDown={({ key }) => key === 'Escape' && !asked && onClose()}
    >
      <button type="button" class="bare close" aria-label="Close the controls" onClick={onClose}>
        <Icon name="close" />
      </button>
      <h2>Try it</h2>
      {pools.length > 1 && (
        <label>
          Pool{' '}
          <select value={name} onChange={({ currentTarget }) => setName(currentTarget.value)}>
            {pools.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      )}
      <p role="status" class="said">
        {said}
      </p>
      {controls.replaying.includes(name) ? (
        <Bursts bursts={controls.bursts} onSend={(burst) => doIt({ do: 'burst', pool: name, burst })} />
      ) : (
        <SendTasks onSend={(tasks, payload) => doIt({ do: 'send', pool: name, tasks, payload })} />
      )}
      <Scaling name={name} onDo={doIt} onAsk={setAsked} />
      <Faults
        onDo={(action) =>
          setAsked({
            title: 'Inject faults?',
            text: 'Calls of agents and functions fail for a while, as they may on AWS. Nothing is lost.',
            action,
          })
        }
      />
      {asked && (
        <Confirm
          title={asked.title}
          confirm="Do it"
          isDangerous={true}
          onClose={() => setAsked(undefined)}
          onConfirm={() => doIt(asked.action)}
        >
          <p>{asked.text}</p>
        </Confirm>
      )}
    </aside>
  );
}

function Bursts({
  bursts,
  onSend,
}: {
  readonly bursts: readonly string[];
  readonly onSend: (burst: string) => void;
}) {
  return (
    <section aria-labelledby="bursts">
      <h3 id="bursts">Send a burst</h3>
      {bursts.map((burst) => (
        <button key={burst} type="button" onClick={() => onSend(burst)}>
          {burst}
        </button>
      ))}
    </section>
  );
}

/** Tasks for a handler of the user's own, whose payload nobody else knows. */
function SendTasks({ onSend }: { readonly onSend: (tasks: number, payload: unknown) => void }) {
  const [tasks, setTasks] = useState(10);
  const [text, setText] = useState('{}');
  const payload = parsed(text);
  return (
    <section aria-labelledby="send">
      <h3 id="send">Send tasks</h3>
      <label>
        Number{' '}
        <input
          type="number"
          min={1}
          max={2000}
          value={tasks}
          onInput={({ currentTarget }) => setTasks(currentTarget.valueAsNumber)}
        />
      </label>
      <label>
        Payload (JSON)
        <textarea rows={4} value={text} onInput={({ currentTarget }) => setText(currentTarget.value)} />
      </label>
      {payload.kind === 'invalid' && <p class="late">This isn't JSON: {payload.reason}</p>}
      <button
        type="button"
        disabled={payload.kind === 'invalid'}
        onClick={() => payload.kind === 'valid' && onSend(tasks, payload.value)}
      >
        Send
      </button>
    </section>
  );
}

type Parsed =
  | { readonly kind: 'valid'; readonly value: unknown }
  | { readonly kind: 'invalid'; readonly reason: string };

function parsed(text: string): Parsed {
  try {
    return { kind: 'valid', value: JSON.parse(text) };
  } catch (error) {
    return { kind: 'invalid', reason: (error as Error).message };
  }
}

type ScalingProps = {
  readonly name: string;
  readonly onDo: (action: Action) => void;
  readonly onAsk: (asked: Asked) => void;
};

function Scaling({ name, onDo, onAsk }: ScalingProps) {
  const pool = usePool(name);
  const agents = pool?.kind === 'read' ? pool.agents : [];
  const bounds = pool?.kind === 'read' ? pool.decision?.bounds : undefined;
  const [desired, setDesired] = useState<number>();
  const [agent, setAgent] = useState('');
  const victim = agents.find(({ id }) => id === agent) ?? agents[0];
  return (
    <>
      <section aria-labelledby="scaling">
        <h3 id="scaling">Scaling</h3>
        <button type="button" onClick={() => onDo({ do: 'pause', pool: name })}>
          Pause
        </button>
        <button type="button" onClick={() => onDo({ do: 'resume', pool: name })}>
          Resume
        </button>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            onDo({ do: 'pin', pool: name, desired: desired ?? bounds?.min ?? 0 });
          }}
        >
          <label>
            Agents{' '}
            <input
              type="number"
              required
              min={bounds?.min}
              max={bounds?.max}
              value={desired ?? bounds?.min ?? 0}
              onInput={({ currentTarget }) => setDesired(currentTarget.valueAsNumber)}
            />
          </label>{' '}
          <button type="submit">Pin</button>
        </form>
      </section>
      <section aria-labelledby="kill">
        <h3 id="kill">Kill an agent</h3>
        <label>
          Agent{' '}
          <select value={victim?.id} onChange={({ currentTarget }) => setAgent(currentTarget.value)}>
            {agents.map(({ id, status }) => (
              <option key={id} value={id}>
                {id.slice(0, 6)} {status}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="danger"
          disabled={!victim}
          onClick={() =>
            victim &&
            onAsk({
              title: `Kill agent ${victim.id.slice(0, 6)}?`,
              text: 'Its process gets SIGKILL, as when its host dies. Its task comes back to the queue, and ECS replaces it.',
              action: { do: 'kill', agent: victim.id },
            })
          }
        >
          Kill
        </button>
      </section>
    </>
  );
}
