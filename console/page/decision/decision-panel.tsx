import type { DecisionView } from '../../../shared/views/decision-view.ts';
import { readDecision } from '../api.ts';
import { dayAndTime, duration, number, percent } from '../format.ts';
import { useLoaded } from '../load.ts';
import { Icon } from '../parts/icon.tsx';
import { Empty, Whole } from '../parts/states.tsx';
import { parametersOf, type Window } from '../pool/range.ts';
import { hrefOf } from '../route.ts';
import { Bounded } from './bounded.tsx';
import { Wishes } from './wishes.tsx';

type Props = {
  readonly pool: string;
  readonly atMs: number;
  /** The length of the period that ends then, if the decision's own time is unknown. */
  readonly withinMs: number | undefined;
  readonly shown: Window;
};

/** One decision: what was done and why first, then what led there. */
export function DecisionPanel({ pool, atMs, withinMs, shown }: Props) {
  const decision = useLoaded(`${pool} ${atMs} ${withinMs}`, () => readDecision(pool, atMs, withinMs));
  return (
    <aside class="panel" aria-label="Decision">
      <a
        class="close"
        href={hrefOf({ view: 'pool', pool }, parametersOf(shown))}
        aria-label="Close the decision"
      >
        <Icon name="close" />
      </a>
      <Whole loaded={decision} what="The decision">
        {(found) =>
          found ? (
            <Explained decision={found} />
          ) : (
            <Empty>No decision is recorded there: they're kept for 30 days.</Empty>
          )
        }
      </Whole>
    </aside>
  );
}

function Explained({ decision }: { readonly decision: DecisionView }) {
  const { atMs, kind, from, desired, reason, code, until, failure, read, expected, drains = [] } = decision;
  const change =
    kind === 'hold' ? `Hold at ${desired ?? '?'}` : `${kind} from ${from ?? '?'} to ${desired ?? '?'}`;
  return (
    <>
      <p class="quiet">{dayAndTime(atMs)}</p>
      <h2>{change}</h2>
      {failure !== undefined && <p class="failure">{failure}</p>}
      <p class="binding">
        {reason} <code>{code}</code>
      </p>
      {until !== undefined && (
        <p>
          <b>Until</b> {until}.
        </p>
      )}
      <ol class="steps">
        <li>
          <h3>Read</h3>
          <Facts
            facts={{
              waiting: number(read.visible),
              'in flight': number(read.inFlight),
              'ready agents': number(read.idle),
              busy: number(read.busy),
              starting: number(read.starting),
              draining: number(read.draining),
              'slots used': `${number(read.slotsUsed)} of ${number(read.slots)}`,
              // Rare, and then it matters.
              ...((read.heldUp ?? 0) > 0 && { 'held up by a handler': number(read.heldUp) }),
            }}
          />
        </li>
        <li>
          <h3>Expected</h3>
          {expected ? (
            <Facts
              facts={{
                'tasks a minute': `${number(60 * expected.forecast)} (${number(60 * expected.low)} to ${number(60 * expected.high)})`,
                'task duration': duration(1000 * expected.durationSeconds),
                'start-up': duration(1000 * expected.startupSeconds),
                'on time lately': percent(expected.attained),
              }}
            />
          ) : (
            <p class="quiet">unknown</p>
          )}
        </li>
        <li>
          <h3>Wanted</h3>
          <Wishes decision={decision} />
        </li>
        <li>
          <h3>Bounded</h3>
          <Bounded decision={decision} />
        </li>
        <li>
          <h3>Done</h3>
          <p>{[change, ...drains].join('; ')}</p>
        </li>
      </ol>
    </>
  );
}

function Facts({ facts }: { readonly facts: Readonly<Record<string, string>> }) {
  return (
    <dl class="facts">
      {Object.entries(facts).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
