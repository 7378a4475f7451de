import type { WhatIfPoint } from '../../../sim/what-if/what-if.ts';
import { duration, percent } from '../format.ts';
import { costFigure, costOf, isPriced, ROLES } from './costs.ts';

type Props = {
  readonly points: readonly WhatIfPoint[];
  readonly chosen: WhatIfPoint | undefined;
  readonly onChoose: (point: WhatIfPoint) => void;
};

/** The same points as numbers, those that keep the objective first, the cheapest of them on top. */
export function PointTable({ points, chosen, onChoose }: Props) {
  const sorted = points.toSorted(
    (a, b) => Number(b.meetsObjective) - Number(a.meetsObjective) || costOf(a) - costOf(b),
  );
  return (
    <div class="table points">
      <table>
        <thead>
          <tr>
            <th>Settings</th>
            <th>{isPriced(points) ? 'Cost an hour' : 'Agents paid'}</th>
            <th>In time</th>
            <th>Worst hour</th>
            <th>95 % within</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((point) => (
            <tr key={`${point.role} ${point.label}`} class={point === chosen ? 'chosen' : ''}>
              <td>
                <button
                  type="button"
                  class="link"
                  aria-pressed={point === chosen}
                  onClick={() => onChoose(point)}
                >
                  {point.label}
                </button>{' '}
                {point.label !== ROLES[point.role] && <span class="quiet">{ROLES[point.role]}</span>}
              </td>
              <td class="number">{costFigure(point)}</td>
              <td class={`number ${point.meetsObjective ? 'good' : 'late'}`}>
                {percentOf(point.within)}
                {!point.meetsObjective && ' (missed)'}
              </td>
              <td class="number">{percentOf(point.worstHourWithin)}</td>
              <td class="number">{duration(1000 * point.queueWaitSeconds.p95)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Rounded down, so that what misses 95 % never reads as 95.0 %. */
function percentOf(share: number): string {
  return percent(Math.floor(1000 * share + 1e-9) / 1000);
}
