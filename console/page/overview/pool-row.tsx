import type { AlarmNow, LastHour, PoolNow } from '../../source.ts';
import { ago, count, dollars, duration, number } from '../format.ts';
import { BudgetMeter } from '../parts/budget-meter.tsx';
import { Icon } from '../parts/icon.tsx';
import { standingOf } from '../parts/objective.ts';
import { recent } from '../parts/recent.ts';
import { SlotMeter } from '../parts/slot-meter.tsx';
import { Sparkline } from '../parts/sparkline.tsx';
import { Squares } from '../parts/squares.tsx';
import { Failure } from '../parts/states.tsx';
import { hrefOf } from '../route.ts';

type Props = {
  readonly pool: PoolNow;
  readonly hour: LastHour;
  readonly alarms: readonly AlarmNow[];
};

/** A pool in one row: whether it keeps its objective, what waits, what works, what it costs and what was decided last. */
export function PoolRow({ pool, hour, alarms }: Props) {
  const href = hrefOf({ view: 'pool', pool: pool.name });
  if (pool.kind === 'unreadable')
    return (
      <li class="pool-row broken">
        <a class="pool-name" href={href}>
          {pool.name}
        </a>
        <Failure>can't be read: {pool.reason}</Failure>
      </li>
    );
  const { name, queue, agents, slots, service, decision, dollarsPerHour, problems, mode } = pool;
  const problem = problems[0];
  return (
    <li class={`pool-row${problem ? ' broken' : ''}`}>
      <a class="pool-name" href={href}>
        {name}
      </a>
      <span class="cell objective">
        <BudgetMeter standing={standingOf(pool)} within={decision?.bounds?.objective.withinSeconds ?? 0} />
      </span>
      <Wait seconds={recent(hour.wait)} withinSeconds={decision?.bounds?.objective.withinSeconds} />
      <span class="cell waiting">
        <b class="number">{number(queue.visible)}</b> waiting
      </span>
      <span class="cell spark">
        <Sparkline points={hour.queued} label="tasks waiting" />
      </span>
      <span class="cell slots">
        <b class="number">
          {slots.used}/{slots.total}
        </b>{' '}
        slots <SlotMeter slots={slots} />
      </span>
      <span class="cell strip">
        <Squares agents={agents} />
      </span>
      <span class="cell cost">
        <b class="number">{dollars(dollarsPerHour)}</b>/h
      </span>
      <p class="reason">
        {alarms.length > 0 && (
          <strong class="alarm-mark">
            <Icon name="alarm" /> {count(alarms.length, 'alarm')}{' '}
          </strong>
        )}
        {mode.kind !== 'automatic' && (
          <strong class="override-mark">
            {mode.kind}
            {mode.kind === 'pinned' && ` at ${mode.desired}`} by {mode.by}:{' '}
          </strong>
        )}
        {decision
          ? `${decision.kind} at ${decision.desired ?? '?'}, ${ago(decision.atMs, Date.now())}: ${decision.reason}`
          : `not ticked yet; ${service.desired} desired`}
      </p>
      {problem && (
        <Failure>
          {count(problem.agents, 'agent')}: {problem.text}
        </Failure>
      )}
    </li>
  );
}

type WaitProps = { readonly seconds: number | undefined; readonly withinSeconds: number | undefined };

/** How long 95 % of the tasks that started lately waited, against what the objective allows. */
function Wait({ seconds, withinSeconds }: WaitProps) {
  const isLate = seconds !== undefined && withinSeconds !== undefined && seconds > withinSeconds;
  return (
    <span class="cell wait">
      <b class={`number${isLate ? ' late' : ''}`}>{seconds === undefined ? '–' : duration(1000 * seconds)}</b>
      {withinSeconds !== undefined && ` of ${duration(1000 * withinSeconds)}`} wait
    </span>
  );
}
