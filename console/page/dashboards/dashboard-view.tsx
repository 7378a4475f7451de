import { useEffect, useRef } from 'preact/hooks';
import type { Dashboard, Graph } from '../../dashboard.ts';
import type { AlarmNow } from '../../source.ts';
import { Alarms } from './alarms.tsx';
import { colorOf, createChart } from './chart.ts';
import type { History } from './history.ts';
import type { Painter } from './painter.ts';

type Props = {
  readonly shown: Dashboard;
  readonly names: readonly string[];
  readonly onChoose: (name: string) => void;
  readonly alarms: readonly AlarmNow[];
  readonly history: History;
  readonly painter: Painter;
  /** Keys of the lines with new points. */
  readonly changed: ReadonlySet<string>;
};

/** One dashboard, with its alarms and graphs. */
export function DashboardView({ shown, names, onChoose, alarms, ...drawn }: Props) {
  return (
    <>
      <div class="title">
        <h1>Dashboards</h1>
        <label>
          Page{' '}
          <select value={shown.name} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <Alarms alarms={alarms.filter(({ name }) => shown.alarms.includes(name))} />
      <div class="widgets">
        {shown.graphs.map((graph) => (
          <GraphView key={`${shown.name} ${graph.title}`} graph={graph} {...drawn} />
        ))}
      </div>
    </>
  );
}

type GraphProps = { readonly graph: Graph } & Pick<Props, 'history' | 'painter' | 'changed'>;

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
