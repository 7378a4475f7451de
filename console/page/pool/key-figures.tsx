import type { AgentView } from '../../../shared/views/pool-view.ts';
import type { PoolHistory } from '../../pool-history.ts';
import type { PoolNow } from '../../source.ts';
import { count, dollars, duration, number, percent } from '../format.ts';
import { BudgetMeter } from '../parts/budget-meter.tsx';
import { standingOf } from '../parts/objective.ts';
import { recent } from '../parts/recent.ts';
import { SlotMeter } from '../parts/slot-meter.tsx';

type Props = { readonly pool: Extract<PoolNow, { kind: 'read' }>; readonly history: PoolHistory };

/** The numbers that matter, each with what it's measured against. */
export function KeyFigures({ pool, history }: Props) {
  const { queue, agents, slots, service, decision, dollarsPerHour, dollarsToday } = pool;
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
          {slots.used}/{slots.total}
        </dd>
        <dd class="of">
          <SlotMeter slots={slots} /> {slotsEach(agents)}
        </dd>
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

/** How many tasks an agent works on at a time. They differ while a changed concurrency reaches the agents. */
function slotsEach(agents: readonly AgentView[]): string {
  const each = agents.map(({ slots }) => slots);
  const [least, most] = [Math.min(...each), Math.max(...each)];
  const heldUp = agents.filter(({ heldUpSinceMs }) => heldUpSinceMs !== undefined).length;
  const blocked = heldUp > 0 ? `; ${count(heldUp, 'agent')} held up by a handler` : '';
  if (each.length === 0) return 'no agents';
  return `${least === most ? least : `${least} to ${most}`} an agent${blocked}`;
}
