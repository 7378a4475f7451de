import { useRef } from 'preact/hooks';
import type { WhatIfPoint } from '../../../sim/what-if/what-if.ts';
import { count, duration, number } from '../format.ts';
import { useWidth } from '../pool/use-width.ts';
import { costOf, costText, isPriced, ROLES, roleOf } from './costs.ts';
import { placeLabels, type Scale, scaleOf } from './scatter-layout.ts';

const HEIGHT = 380;
const EDGE = { left: 58, right: 16, top: 28, bottom: 44 };
/** Points that are named in the plot, and those that all others are compared with. */
const NAMED: readonly WhatIfPoint['role'][] = ['today', 'changed', 'recommended'];
const COMPARED_WITH: readonly WhatIfPoint['role'][] = [...NAMED, 'candidate', 'frontier'];

type Props = {
  readonly points: readonly WhatIfPoint[];
  readonly chosen: WhatIfPoint | undefined;
  readonly onChoose: (point: WhatIfPoint) => void;
};

/** Cost against queue wait: the nearer to the lower left corner, the better. */
export function Scatter({ points, chosen, onChoose }: Props) {
  const figure = useRef<HTMLElement>(null);
  const width = useWidth(figure);
  const own = points.filter(({ role }) => COMPARED_WITH.includes(role));
  const others = points.filter(({ role }) => !COMPARED_WITH.includes(role));
  const x = scaleOf(own.map(costOf), others.map(costOf), EDGE.left, width - EDGE.right);
  const y = scaleOf(own.map(waitOf), others.map(waitOf), HEIGHT - EDGE.bottom, EDGE.top);
  const place = (point: WhatIfPoint) => ({ x: x.at(costOf(point)), y: y.at(waitOf(point)) });
  const isBeyond = (point: WhatIfPoint) => x.isBeyond(costOf(point)) || y.isBeyond(waitOf(point));
  const beyond = points.filter(isBeyond).length;
  const named = points.filter(({ role }) => NAMED.includes(role));
  const labels = placeLabels(
    named.map((point) => ({ ...place(point), text: roleOf(point) })),
    width,
  );
  const shown = Object.keys(ROLES).filter((role) => points.some((point) => point.role === role));
  return (
    <figure class="scatter" ref={figure}>
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label="Cost against queue wait; the table has the numbers"
      >
        <Grid x={x} y={y} width={width} isPriced={isPriced(points)} />
        {points.map((point) => (
          // biome-ignore lint/a11y/useSemanticElements: SVG has no buttons; the table has the same ones.
          <g
            key={`${point.role} ${point.label}`}
            class={`point ${point.role}${point === chosen ? ' chosen' : ''}${isBeyond(point) ? ' beyond' : ''}`}
            transform={`translate(${place(point).x} ${place(point).y})`}
            role="button"
            tabIndex={-1}
            onClick={() => onChoose(point)}
            onKeyDown={({ key }) => key === 'Enter' && onChoose(point)}
          >
            <title>{`${point.label}: ${costText(point)}, 95 % within ${duration(1000 * waitOf(point))}`}</title>
            <path d={SHAPES[point.role]} />
          </g>
        ))}
        {labels.map((label) => (
          <text key={label.text} class="name" x={label.x} y={label.y + 4} text-anchor={label.anchor}>
            {label.text}
          </text>
        ))}
      </svg>
      <figcaption>
        {shown.map((role) => (
          <span key={role} class={`point ${role}`}>
            <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
              <path d={SHAPES[role as WhatIfPoint['role']]} />
            </svg>{' '}
            {ROLES[role as WhatIfPoint['role']]}
          </span>
        ))}
        {beyond > 0 && (
          <span class="quiet">{count(beyond, 'point')} beyond the edge, drawn hollow: see the table</span>
        )}
      </figcaption>
    </figure>
  );
}

type GridProps = {
  readonly x: Scale;
  readonly y: Scale;
  readonly width: number;
  readonly isPriced: boolean;
};

function Grid({ x, y, width, isPriced }: GridProps) {
  return (
    <>
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
          <line class="grid" x1={EDGE.left} x2={width - EDGE.right} y1={y.at(value)} y2={y.at(value)} />
          <text x={EDGE.left - 8} y={y.at(value) + 4} text-anchor="end">
            {value === 0 ? '0' : duration(1000 * value)}
          </text>
        </g>
      ))}
      <text x={(width + EDGE.left) / 2} y={HEIGHT - 6} text-anchor="middle">
        {isPriced ? 'dollars an hour' : 'agents paid, mean'} →
      </text>
      <text x={8} y={14}>
        ↑ queue wait of 95 % of the tasks, at most
      </text>
    </>
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
