import { init, type LineSeriesOption } from 'echarts';
import type { Arrival } from '../../shared/tasks/trace.ts';
import type { Model } from './model.ts';
import { productionScaler } from './production.ts';
import { simulate } from './simulate.ts';

/** What is drawn, at one tick. */
type Point = {
  readonly hours: number;
  readonly arrivals: number;
  readonly forecast: number;
  readonly waiting: number;
  readonly busy: number;
  readonly ready: number;
  readonly starting: number;
  readonly desired: number;
};

const POINTS_AT_MOST = 1_500;

/** Draws a run of the pool's configuration as SVG: arrivals and forecast, the queue, agents and the desired count. */
export async function plotRun(name: string, trace: readonly Arrival[], model: Model): Promise<string> {
  return draw(name, thin(await record(trace, model)), model);
}

async function record(trace: readonly Arrival[], model: Model): Promise<readonly Point[]> {
  const points: Point[] = [];
  let forecast = 0;
  let arrived = 0;
  await simulate(trace, model, {
    begin: (world) =>
      productionScaler(world, (decision) => {
        forecast = decision.forecast.arrivalsPerSecond * 60;
      }),
    onTick(world) {
      points.push({
        hours: world.now / 3600,
        arrivals: ((world.arrived - arrived) * 60) / model.config.tickSeconds,
        forecast,
        waiting: world.visible,
        busy: world.busy.size,
        ready: world.ready.size,
        starting: world.starting.length,
        desired: world.supply,
      });
      arrived = world.arrived;
    },
  });
  return points;
}

/** As many points as can be told apart: means of neighbours, but the longest queue of them. */
function thin(points: readonly Point[]): readonly Point[] {
  const size = Math.ceil(points.length / POINTS_AT_MOST);
  const groups = Array.from({ length: Math.ceil(points.length / size) }, (_, index) =>
    points.slice(index * size, (index + 1) * size),
  );
  return groups.map((group) => {
    const mean = (field: keyof Point) => group.reduce((sum, point) => sum + point[field], 0) / group.length;
    return {
      hours: mean('hours'),
      arrivals: mean('arrivals'),
      forecast: mean('forecast'),
      waiting: Math.max(...group.map((point) => point.waiting)),
      busy: mean('busy'),
      ready: mean('ready'),
      starting: mean('starting'),
      desired: mean('desired'),
    };
  });
}

const PANELS = ['tasks per minute', 'tasks waiting', 'agents'] as const;

function draw(name: string, points: readonly Point[], { config: { objective } }: Model): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 1200, height: 760 });
  const line = (panel: number, field: keyof Point, style: LineSeriesOption) => ({
    type: 'line' as const,
    name: field,
    xAxisIndex: panel,
    yAxisIndex: panel,
    showSymbol: false,
    lineStyle: { width: 1.2 },
    data: points.map((point) => [point.hours, point[field]]),
    ...style,
  });
  const stacked = { stack: 'agents', areaStyle: { opacity: 0.7 }, lineStyle: { width: 0 } };
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: `${name}: ${objective.percent} % within ${objective.withinSeconds} s`, left: 60, top: 8 },
    legend: { top: 34 },
    grid: PANELS.map((_, index) => ({ left: 60, right: 30, top: 80 + 225 * index, height: 170 })),
    xAxis: PANELS.map((_, index) => ({
      type: 'value' as const,
      gridIndex: index,
      max: Math.ceil((points.at(-1)?.hours ?? 1) * 10) / 10,
      ...(index === PANELS.length - 1 && { name: 'hours', nameLocation: 'middle' as const, nameGap: 26 }),
    })),
    yAxis: PANELS.map((title, index) => ({ type: 'value' as const, gridIndex: index, name: title, min: 0 })),
    series: [
      line(0, 'arrivals', { color: '#9aa7b8' }),
      line(0, 'forecast', { color: '#c2410c' }),
      line(1, 'waiting', { color: '#b91c1c', areaStyle: { opacity: 0.3 } }),
      line(2, 'busy', { color: '#2563eb', ...stacked }),
      line(2, 'ready', { color: '#86b6f6', ...stacked }),
      line(2, 'starting', { color: '#f2b134', ...stacked }),
      line(2, 'desired', { color: '#111827' }),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
