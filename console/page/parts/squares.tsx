import type { Status } from '../../../shared/core/pool/status.ts';
import type { AgentView } from '../../../shared/views/pool-view.ts';

/** The order of the squares. Agents of other statuses aren't live. */
const ORDER: readonly Status[] = ['busy', 'cooldown', 'ready', 'starting', 'draining'];

const SIDE = 8;
const GAP = 2;
/** More are drawn smaller: one square for several agents. */
const SQUARES_AT_MOST = 90;

type Agent = Pick<AgentView, 'status' | 'slots' | 'taskIds'>;

/** Agents as small squares, in the order of their statuses. Those at work are filled by the share of their slots in use. */
export function Squares({ agents }: { readonly agents: readonly Agent[] }) {
  const counts = ORDER.map((status) => ({
    status,
    agents: agents.filter((agent) => agent.status === status).length,
  })).filter((each) => each.agents > 0);
  const each = Math.max(1, Math.ceil(agents.length / SQUARES_AT_MOST));
  const squares = counts.flatMap(({ status, agents: of }) =>
    new Array<Status>(Math.ceil(of / each)).fill(status),
  );
  const width = Math.max(1, squares.length) * (SIDE + GAP);
  const shares = sharesOf(agents, each);
  const text = counts.map(({ status, agents: of }) => `${of} ${status}`).join(', ') || 'no agents';
  return (
    <span
      class="squares"
      role="img"
      aria-label={text}
      title={each > 1 ? `${text}; a square is ${each} agents` : text}
    >
      <svg width={width} viewBox={`0 0 ${width} ${SIDE}`} preserveAspectRatio="none" aria-hidden="true">
        {counts.map(({ status }) => (
          <path
            key={status}
            class={status === 'busy' ? 'fill-room' : `fill-${status}`}
            d={pathOf(squares, status)}
          />
        ))}
        <path class="fill-busy" d={shares.map(filled).join('')} />
      </svg>
    </span>
  );
}

/** All squares of a status in one path: a row of elements for each agent would be slow. */
function pathOf(squares: readonly Status[], status: Status): string {
  return squares
    .map((each, index) => (each === status ? `M${index * (SIDE + GAP)} 0h${SIDE}v${SIDE}h-${SIDE}z` : ''))
    .join('');
}

/** How full the squares of busy agents are, 0 to 1, the fullest first. */
function sharesOf(agents: readonly Agent[], each: number): readonly number[] {
  const shares = agents
    .filter(({ status }) => status === 'busy')
    .map(({ slots, taskIds }) => Math.min(1, taskIds.length / slots))
    .sort((a, b) => b - a);
  return Array.from({ length: Math.ceil(shares.length / each) }, (_, index) => {
    const of = shares.slice(index * each, (index + 1) * each);
    return of.reduce((sum, share) => sum + share, 0) / of.length;
  });
}

/** Busy agents come first, so theirs are the first squares. */
function filled(share: number, index: number): string {
  const height = Math.round(10 * SIDE * share) / 10;
  return `M${index * (SIDE + GAP)} ${SIDE - height}h${SIDE}v${height}h-${SIDE}z`;
}
