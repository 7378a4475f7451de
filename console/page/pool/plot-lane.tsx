import { useEffect, useRef } from 'preact/hooks';
import type { TimeRange } from '../../lanes.ts';
import { THEME_CHANGED } from '../theme.tsx';
import { createPlot, type Plot, type PlotData, type PlotOptions } from './plot.ts';

type Props = {
  readonly label: string;
  readonly options: PlotOptions;
  readonly data: PlotData;
  readonly range: TimeRange;
};

/** One lane that uPlot draws. Only lanes that can be seen are drawn. */
export function PlotLane({ label, options, data, range }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | undefined>(undefined);
  const drawn = useRef({ data, range });
  drawn.current = { data, range };
  const isVisible = useRef(true);
  useEffect(() => {
    const { current } = element;
    if (!current) return undefined;
    const created = createPlot(current, options);
    plot.current = created;
    const draw = () => created.draw(drawn.current.data, drawn.current.range);
    draw();
    const observer = new IntersectionObserver(([entry]) => {
      isVisible.current = entry?.isIntersecting ?? true;
      if (isVisible.current) draw();
    });
    observer.observe(current);
    addEventListener(THEME_CHANGED, created.restyle);
    return () => {
      observer.disconnect();
      removeEventListener(THEME_CHANGED, created.restyle);
      created.close();
    };
  }, [options]);
  useEffect(() => {
    if (isVisible.current) plot.current?.draw(data, range);
  }, [data, range]);
  return (
    <div ref={element} class="plot-lane" role="img" aria-label={label} style={{ height: options.height }} />
  );
}
