import { useEffect, useRef, useState } from 'preact/hooks';
import type { Dashboard, Graph } from '../dashboard.ts';
import type { AlarmNow } from '../source.ts';
import { Alarms } from './alarms.tsx';
import { colorOf, createChart } from './chart.ts';
import type { History } from './history.ts';
import type { Painter } from './painter.ts';

type Props = {
  readonly dashboards: readonly Dashboard[];
  readonly alarms: readonly AlarmNow[];
  readonly history: History;
  readonly painter: Painter;
  /** Keys of the lines with new points. */
  readonly changed: ReadonlySet<string>;
};

/** Shows the dashboards that CDK deploys, one at a time. */
export function DashboardView({ dashboards, alarms, ...drawn }: Props) {
  const [chosen, setChosen] = useState('');
  // By default, show a pool's page rather than the overview.
  const shown = dashboards.find(({ name }) => name === chosen) ?? dashboards.at(-1);
  if (!shown) return null;
  return (
    <section aria-labelledby="dashboard">
      <h2 id="dashboard">Dashboard</h2>
      <label>
        Page{' '}
        <select value={shown.name} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
          {dashboards.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <Alarms alarms={alarms.filter(({ name }) => shown.alarms.includes(name))} />
      <div class="widgets">
        {shown.graphs.map((graph) => (
          <GraphView key={`${shown.name} ${graph.title}`} graph={graph} {...drawn} />
        ))}
      </div>
    </section>
  );
}

type GraphProps = { readonly graph: Graph } & Omit<Props, 'dashboards' | 'alarms'>;

function GraphView({ graph, history, painter, changed }: GraphProps) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = element;
    if (!current) return undefined;
    return painter.watch(current, () => createChart(current, graph, history));
  }, [graph, history, painter]);
  useEffect(() => {
    if (element.current && graph.lines.some(({ key }) => changed.has(key))) painter.touch(element.current);
  }, [graph, painter, changed]);
  return (
    <figure class={`widget w${graph.width}`}>
      <figcaption>{graph.title}</figcaption>
      <div
        ref={element}
        class="plot"
        role="img"
        aria-label={`${graph.title}: ${graph.lines.map(({ label }) => label).join(', ')}; latest values in the list below`}
      />
      <ul class="legend">
        {graph.lines.map(({ key, label }, index) => (
          <li key={key}>
            <svg width="10" height="10" aria-hidden="true">
              <rect width="10" height="10" rx="2" fill={colorOf(index)} />
            </svg>{' '}
            {label}: <b>{latest(history.of(key).values)}</b>
          </li>
        ))}
      </ul>
    </figure>
  );
}

function latest(values: readonly number[]): string {
  const value = values.at(-1);
  if (value === undefined) return 'no data';
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(2);
}
