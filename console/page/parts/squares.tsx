import type { Status } from '../../../shared/core/pool/status.ts';

/** The order of the squares. Agents of other statuses aren't live. */
const ORDER: readonly Status[] = ['busy', 'cooldown', 'ready', 'starting', 'draining'];

const SIDE = 8;
const GAP = 2;
/** More are drawn smaller: one square for several agents. */
const SQUARES_AT_MOST = 90;

/** Agents as small squares, in the order of their statuses. */
export function Squares({ agents }: { readonly agents: readonly { readonly status: Status }[] }) {
  const counts = ORDER.map((status) => ({
    status,
    agents: agents.filter((agent) => agent.status === status).length,
  })).filter((each) => each.agents > 0);
  const each = Math.max(1, Math.ceil(agents.length / SQUARES_AT_MOST));
  const squares = counts.flatMap(({ status, agents: of }) =>
    new Array<Status>(Math.ceil(of / each)).fill(status),
  );
  const width = Math.max(1, squares.length) * (SIDE + GAP);
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
          <path key={status} class={`fill-${status}`} d={pathOf(squares, status)} />
        ))}
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
