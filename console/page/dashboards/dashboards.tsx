import { useEffect, useMemo, useState } from 'preact/hooks';
import { readDashboards, readPoints } from '../api.ts';
import { listen, useLive } from '../live.ts';
import { useLoaded } from '../load.ts';
import { Empty, Failure, Whole } from '../parts/states.tsx';
import { goTo } from '../route.ts';
import { THEME_CHANGED } from '../theme.tsx';
import { DashboardView } from './dashboard-view.tsx';
import { createHistory } from './history.ts';
import { createPainter } from './painter.ts';

/** The dashboards that CDK deploys, one at a time. */
export function Dashboards({ query }: { readonly query: URLSearchParams }) {
  const dashboards = useLoaded('dashboards', readDashboards);
  const alarms = useLive('alarms') ?? [];
  const history = useMemo(createHistory, []);
  const painter = useMemo(createPainter, []);
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set());
  const past = useLoaded('points', readPoints);
  useEffect(() => {
    if (past.kind === 'loaded') setChanged(history.add(past.value));
  }, [past, history]);
  useEffect(() => listen('points', (points) => setChanged(history.add(points))), [history]);
  useEffect(() => {
    addEventListener(THEME_CHANGED, painter.restyle);
    return () => removeEventListener(THEME_CHANGED, painter.restyle);
  }, [painter]);
  return (
    <>
      {past.kind === 'failed' && <Failure>Points can't be read: {past.reason}</Failure>}
      <Whole loaded={dashboards} what="The dashboards">
        {(all) => {
          const shown = all.find(({ name }) => name === query.get('name')) ?? all[0];
          return shown ? (
            <DashboardView
              shown={shown}
              names={all.map(({ name }) => name)}
              onChoose={(name) => goTo({ view: 'dashboards' }, { name })}
              {...{ alarms, history, painter, changed }}
            />
          ) : (
            <Empty>The stack was deployed without dashboards.</Empty>
          );
        }}
      </Whole>
    </>
  );
}
