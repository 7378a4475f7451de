import { useState } from 'preact/hooks';
import type { Action } from '../../actions.ts';

type FaultAction = Extract<Action, { do: 'fault' }>;

const SERVICES = ['sqs', 's3', 'dynamodb', 'ecs'] as const;
const FAULTS = ['throttled', 'failed', 'reset', 'response lost', 'slow'] as const;
const PERCENT = 20;
const SECONDS = 20;

/** Faults of AWS, as a proxy in front of each emulator injects them. */
export function Faults({ onDo }: { readonly onDo: (action: FaultAction) => void }) {
  const [service, setService] = useState<FaultAction['service']>('dynamodb');
  const [fault, setFault] = useState<FaultAction['fault']>('throttled');
  return (
    <section aria-labelledby="faults">
      <h3 id="faults">Faults of AWS</h3>
      <label>
        Service{' '}
        <select
          value={service}
          onChange={({ currentTarget }) => setService(currentTarget.value as FaultAction['service'])}
        >
          {SERVICES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <label>
        Fault{' '}
        <select
          value={fault}
          onChange={({ currentTarget }) => setFault(currentTarget.value as FaultAction['fault'])}
        >
          {FAULTS.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="danger"
        onClick={() => onDo({ do: 'fault', service, fault, percent: PERCENT, seconds: SECONDS })}
      >
        Inject {PERCENT} % for {SECONDS} s
      </button>
    </section>
  );
}
