import type { PoolHistory } from '../../pool-history.ts';
import type { PoolNow } from '../../source.ts';
import { dollars, duration, number, percent } from '../format.ts';
import { BudgetMeter } from '../parts/budget-meter.tsx';
import { standingOf } from '../parts/objective.ts';
import { recent } from '../parts/recent.ts';

type Props = { readonly pool: Extract<PoolNow, { kind: 'read' }>; readonly history: PoolHistory };

/** The numbers that matter, each with what it's measured against. */
export function KeyFigures({ pool, history }: Props) {
  const { queue, agents, service, decision, dollarsPerHour, dollarsToday } = pool;
  const busy = agents.filter(({ status }) => status === 'busy').length;
  const objective = decision?.bounds?.objective;
  const standing = standingOf(pool);
  const wait = recent(history.wait);
  const isLate = wait !== undefined && objective !== undefined && wait > objective.withinSeconds;
  return (
    <dl class="figures">
      <div>
        <dt>Queue wait, 95 % of tasks</dt>
        <dd class={`number${isLate ? ' late' : ''}`}>{wait === undefined ? '–' : duration(1000 * wait)}</dd>
        <dd class="of">
          {objective
            ? `objective: ${objective.percent} % within ${duration(1000 * objective.withinSeconds)}`
            : 'no objective yet'}
        </dd>
      </div>
      <div>
        <dt>Objective</dt>
        <dd class="number">{standing.kind === 'unknown' ? '–' : percent(standing.attained)}</dd>
        <dd class="of">
          <BudgetMeter standing={standing} within={objective?.withinSeconds ?? 0} />
        </dd>
      </div>
      <div>
        <dt>Tasks waiting</dt>
        <dd class="number">{number(queue.visible)}</dd>
        <dd class="of">{number(queue.inFlight)} in flight</dd>
      </div>
      <div>
        <dt>Slots used</dt>
        <dd class="number">
          {busy}/{agents.length}
        </dd>
        <dd class="of">one task an agent</dd>
      </div>
      <div>
        <dt>Agents</dt>
        <dd class="number">{service.running}</dd>
        <dd class="of">
          {service.desired} desired
          {decision?.bounds && `, ${decision.bounds.min} to ${decision.bounds.max} allowed`}
        </dd>
      </div>
      <div>
        <dt>Cost today</dt>
        <dd class="number">{dollars(dollarsToday)}</dd>
        <dd class="of">{dollars(dollarsPerHour)} an hour now</dd>
      </div>
    </dl>
  );
}
