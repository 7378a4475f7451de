import { useState } from 'preact/hooks';
import type { PoolView } from '../../shared/views/pool-view.ts';
import type { Action } from '../actions.ts';
import { act } from './api.ts';

const SERVICES = ['sqs', 's3', 'dynamodb', 'ecs'] as const;
const FAULTS = ['throttled', 'failed', 'reset', 'response lost', 'slow'] as const;

/** Controls of the local stack. */
export function Controls({ pools }: { readonly pools: readonly PoolView[] }) {
  const [chosen, setPool] = useState('');
  const [result, setResult] = useState('');
  const pool = pools.find(({ name }) => name === chosen) ?? pools[0];
  if (!pool) return null;
  const action = (what: Action) =>
    act(what)
      .then(setResult)
      .catch((error: Error) => setResult(error.message));
  const { name } = pool;
  return (
    <section aria-labelledby="controls">
      <h2 id="controls">Controls</h2>
      <div class="controls">
        <label>
          Pool{' '}
          <select value={name} onChange={({ currentTarget }) => setPool(currentTarget.value)}>
            {pools.map((each) => (
              <option key={each.name}>{each.name}</option>
            ))}
          </select>
        </label>
        <Form
          button="Send a burst"
          fields={{ tasks: 40, seconds: 2 }}
          onSubmit={({ tasks, seconds }) =>
            action({ do: 'burst', pool: name, tasks, durationSeconds: seconds })
          }
        />
        <button type="button" onClick={() => action({ do: 'pause', pool: name })}>
          Pause
        </button>
        <button type="button" onClick={() => action({ do: 'resume', pool: name })}>
          Resume
        </button>
        <Form
          button="Pin"
          fields={{ agents: pool.service.desired }}
          onSubmit={({ agents }) => action({ do: 'pin', pool: name, desired: agents })}
        />
        <Kill pool={pool} onKill={(agent) => action({ do: 'kill', agent })} />
        <Fault onFault={(fault) => action({ do: 'fault', ...fault })} />
      </div>
      <p role="status" class="result">
        {result}
      </p>
    </section>
  );
}

type Numbers<Names extends string> = Readonly<Record<Names, number>>;

function Form<Names extends string>({
  button,
  fields,
  onSubmit,
}: {
  readonly button: string;
  readonly fields: Numbers<Names>;
  readonly onSubmit: (values: Numbers<Names>) => void;
}) {
  const [values, setValues] = useState<Numbers<Names>>(fields);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(values);
      }}
    >
      {(Object.keys(fields) as Names[]).map((field) => (
        <label key={field}>
          {field}{' '}
          <input
            type="number"
            min="0"
            value={values[field]}
            onInput={({ currentTarget }) => setValues({ ...values, [field]: currentTarget.valueAsNumber })}
          />
        </label>
      ))}
      <button type="submit">{button}</button>
    </form>
  );
}

function Kill({ pool, onKill }: { readonly pool: PoolView; readonly onKill: (agent: string) => void }) {
  const [chosen, setAgent] = useState('');
  const agent = pool.agents.find(({ id }) => id === chosen) ?? pool.agents[0];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (agent) onKill(agent.id);
      }}
    >
      <label>
        agent{' '}
        <select value={agent?.id} onChange={({ currentTarget }) => setAgent(currentTarget.value)}>
          {pool.agents.map(({ id, status }) => (
            <option key={id} value={id}>
              {id.slice(0, 6)} {status}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" disabled={!agent}>
        Kill
      </button>
    </form>
  );
}

type FaultAction = Omit<Extract<Action, { do: 'fault' }>, 'do'>;

function Fault({ onFault }: { readonly onFault: (fault: FaultAction) => void }) {
  const [fault, setFault] = useState<FaultAction>({
    service: 'dynamodb',
    fault: 'throttled',
    percent: 20,
    seconds: 20,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onFault(fault);
      }}
    >
      <label>
        service{' '}
        <select
          value={fault.service}
          onChange={({ currentTarget }) =>
            setFault({ ...fault, service: currentTarget.value as FaultAction['service'] })
          }
        >
          {SERVICES.map((service) => (
            <option key={service}>{service}</option>
          ))}
        </select>
      </label>
      <label>
        fault{' '}
        <select
          value={fault.fault}
          onChange={({ currentTarget }) =>
            setFault({ ...fault, fault: currentTarget.value as FaultAction['fault'] })
          }
        >
          {FAULTS.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <button type="submit">
        Inject {fault.percent} % for {fault.seconds} s
      </button>
    </form>
  );
}
