import type { WhatIfPoint } from '../../../sim/what-if/what-if.ts';
import { duration, number } from '../format.ts';
import { costOf, costText, ROLES } from './costs.ts';

const [WIDTH, HEIGHT] = [640, 380];
const EDGE = { left: 58, right: 16, top: 14, bottom: 44 };

type Props = {
  readonly points: readonly WhatIfPoint[];
  readonly chosen: WhatIfPoint | undefined;
  readonly onChoose: (point: WhatIfPoint) => void;
};

/** Cost against queue wait: the nearer to the lower left corner, the better. */
export function Scatter({ points, chosen, onChoose }: Props) {
  const isPriced = points.every(({ dollarsPerHour }) => dollarsPerHour !== undefined);
  const x = scale(points.map(costOf), EDGE.left, WIDTH - EDGE.right);
  const y = scale(points.map(waitOf), HEIGHT - EDGE.bottom, EDGE.top);
  return (
    <figure class="scatter">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label="Cost against queue wait; the table has the numbers"
      >
        {x.marks.map((value) => (
          <g key={value}>
            <line class="grid" x1={x.at(value)} x2={x.at(value)} y1={EDGE.top} y2={HEIGHT - EDGE.bottom} />
            <text x={x.at(value)} y={HEIGHT - EDGE.bottom + 18} text-anchor="middle">
              {isPriced ? `$${number(value)}` : number(value)}
            </text>
          </g>
        ))}
        {y.marks.map((value) => (
          <g key={value}>
            <line class="grid" x1={EDGE.left} x2={WIDTH - EDGE.right} y1={y.at(value)} y2={y.at(value)} />
            <text x={EDGE.left - 8} y={y.at(value) + 4} text-anchor="end">
              {duration(1000 * value)}
            </text>
          </g>
        ))}
        <text x={(WIDTH + EDGE.left) / 2} y={HEIGHT - 6} text-anchor="middle">
          {isPriced ? 'dollars an hour' : 'agents paid, mean'} →
        </text>
        <text class="axis-name" x={EDGE.left + 6} y={EDGE.top + 10}>
          ↑ queue wait, 95 % of tasks
        </text>
        {points.map((point) => (
          // biome-ignore lint/a11y/useSemanticElements: SVG has no buttons; the table has the same ones.
          <g
            key={`${point.role} ${point.label}`}
            class={`point ${point.role}${point === chosen ? ' chosen' : ''}`}
            transform={`translate(${x.at(costOf(point))} ${y.at(waitOf(point))})`}
            role="button"
            tabIndex={-1}
            onClick={() => onChoose(point)}
            onKeyDown={({ key }) => key === 'Enter' && onChoose(point)}
          >
            <title>{`${point.label}: ${costText(point)}, 95 % within ${duration(1000 * waitOf(point))}`}</title>
            <path d={SHAPES[point.role]} />
            {(point.role === 'today' || point.role === 'recommended' || point.role === 'changed') && (
              <text x={10} y={4}>
                {ROLES[point.role]}
              </text>
            )}
          </g>
        ))}
      </svg>
      <figcaption>
        {Object.entries(ROLES).map(([role, name]) => (
          <span key={role} class={`point ${role}`}>
            <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
              <path d={SHAPES[role as WhatIfPoint['role']]} />
            </svg>{' '}
            {name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

const SHAPES: Readonly<Record<WhatIfPoint['role'], string>> = {
  today: 'M-5 -5h10v10h-10z',
  changed: 'M0 -6L6 5h-12z',
  frontier: 'M-4 -3h8L0 5z',
  candidate: 'M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0',
  recommended: 'M0 -7L2 -2H7L3 1L5 7L0 3L-5 7L-3 1L-7 -2H-2z',
  peer: 'M0 -5L5 0L0 5L-5 0z',
  bound: 'M-5 -1h10v2h-10z',
};

function waitOf({ queueWaitSeconds }: WhatIfPoint): number {
  return queueWaitSeconds.p95;
}

/** A linear scale from zero, and round values for its marks. */
function scale(values: readonly number[], from: number, to: number) {
  const most = Math.max(0.001, ...values) * 1.06;
  const raw = most / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= raw) ?? 10);
  return {
    at: (value: number) => from + (value / most) * (to - from),
    marks: Array.from({ length: Math.floor(most / step) + 1 }, (_, index) =>
      Number((index * step).toPrecision(6)),
    ),
  };
}
