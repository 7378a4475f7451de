// Covers: console/server.ts, console/page/app.tsx
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Dashboard, keyOf, keysOf } from '../../console/dashboard.ts';
import { type Console, startConsole } from '../../console/server.ts';
import type { Point, Source } from '../../console/source.ts';
import { LIVE_STATUSES } from '../../shared/core/pool/status.ts';
import { launch, openPage } from './browser.ts';

/** A large stack over a day: 500 agents, 1,440 points in each of 60 lines; ten updates a second with new points. */
const AGENTS = 500;
const GRAPHS = 20;
const LINES = 3;
const READ_POOLS_MS = 100;
const POINTS_MS = 1_000;
const UPDATES_SECONDS = 10;

let browser: Browser;
let served: Console;

beforeAll(async () => {
  browser = await launch();
  served = await startConsole(largeSource(), 0);
});
afterAll(async () => {
  await browser.close();
  await served.close();
});

const LOAD_MS = 2_000;
const UPDATE_MS = 16;
/** How long `toPace` takes on the machine that the targets are for. A slower one gets more time in proportion. */
const PACE_MS = 110;
const ROUNDS = 3;

// Other processes slow the page down too, so the best of three rounds counts.
test('the console page loads a large stack within two seconds and draws an update within a frame', async () => {
  let best = { loadMs: Infinity, updateMs: Infinity };
  for (let round = 0; round < ROUNDS && !(best.loadMs < LOAD_MS && best.updateMs < UPDATE_MS); round += 1) {
    const { loadMs, updateMs, slowness } = await measure();
    best = {
      loadMs: Math.min(best.loadMs, loadMs / slowness),
      updateMs: Math.min(best.updateMs, updateMs / slowness),
    };
  }
  expect(best.loadMs).toBeLessThan(LOAD_MS);
  expect(best.updateMs).toBeLessThan(UPDATE_MS);
});

type Round = { readonly loadMs: number; readonly updateMs: number; readonly slowness: number };

async function measure(): Promise<Round> {
  const { page, problems } = await openPage(browser);
  const startMs = performance.now();
  await page.goto(served.url);
  await page
    .locator('.agent')
    .nth(AGENTS - 1)
    .waitFor();
  await page
    .locator('.legend b', { hasText: /\d/ })
    .nth(GRAPHS * LINES - 1)
    .waitFor();
  const loadMs = performance.now() - startMs;
  const slowness = Math.max(1, (await page.evaluate(toPace)) / PACE_MS);

  const session = await page.context().newCDPSession(page);
  // The time that the page's thread was busy, without the time it waited for others.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busySeconds = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  };
  const [before, sent] = [await busySeconds(), updates];
  await page.waitForTimeout(1000 * UPDATES_SECONDS);
  const updateMs = (1000 * ((await busySeconds()) - before)) / (updates - sent);
  console.log(
    `loaded in ${loadMs.toFixed(0)} ms; ${updates - sent} updates, ${updateMs.toFixed(1)} ms of the page's time each; ${slowness.toFixed(2)} times as slow as the machine of the targets`,
  );
  expect(problems).toEqual([]);
  // A page that stays open keeps drawing and slows down the next one.
  await page.close();
  return { loadMs, updateMs, slowness };
}

/** A fixed amount of work: its duration shows how fast this machine is right now. */
function toPace(): number {
  const numbers = Array.from({ length: 100_000 }, (_, index) => Math.sin(index));
  const once = () => {
    const startMs = performance.now();
    (JSON.parse(JSON.stringify(numbers)) as number[]).sort((a, b) => a - b);
    return performance.now() - startMs;
  };
  const [, , median = 0] = Array.from({ length: 5 }, once).sort((a, b) => a - b);
  return median;
}

let updates = 0;

/** Every read changes some agents, and the last point of every line. */
function largeSource(): Source {
  const line = (graph: number, index: number) => ({
    key: keyOf({
      namespace: 'test',
      metric: `m${graph}-${index}`,
      dimensions: {},
      stat: 'Average',
      perSecond: false,
    }),
    label: `line ${index}`,
    axis: 'left' as const,
  });
  const dashboard: Dashboard = {
    name: 'large',
    alarms: [],
    graphs: Array.from({ length: GRAPHS }, (_, graph) => ({
      title: `graph ${graph}`,
      width: 8,
      stacked: graph % 3 === 0,
      unit: 'agents',
      rightUnit: '',
      limits: [],
      lines: Array.from({ length: LINES }, (_line, index) => line(graph, index)),
    })),
  };
  const keys = keysOf([dashboard]);
  const agent = (index: number, read: number) => ({
    id: `${index}`.padStart(32, 'a'),
    status:
      LIVE_STATUSES[(index % 97 === read % 97 ? index + read : index) % LIVE_STATUSES.length] ?? 'ready',
    statusSinceMs: 0,
    heartbeatAtMs: 0,
    launchedAtMs: 0,
    revision: 'agents:1',
    contextBytes: 0,
  });
  return {
    stack: 'large',
    pools: ['large'],
    dashboards: async () => [dashboard],
    async points(sinceMs) {
      const last = Math.floor(Date.now() / 60_000);
      const first = Math.ceil(sinceMs / 60_000);
      return Object.fromEntries(
        keys.map((key, place) => [
          key,
          Array.from({ length: last - first + 1 }, (_, index): Point => {
            const minute = first + index;
            return [
              60 * minute,
              50 + 40 * Math.sin(minute / 60 + place) + (minute === last ? Math.random() : 0),
            ];
          }),
        ]),
      );
    },
    async readPools() {
      updates += 1;
      const agents = Array.from({ length: AGENTS }, (_, index) => agent(index, updates));
      return [
        {
          name: 'large',
          queue: { visible: updates, inFlight: 0, delayed: 0 },
          service: { desired: AGENTS, running: AGENTS, pending: 0, revision: 'agents:1' },
          agents,
          problems: [],
          mode: { kind: 'automatic' },
        },
      ];
    },
    decisions: async () => [],
    alarms: async () => [],
    task: async () => undefined,
    context: async () => undefined,
    latestTasks: () => [],
    pace: { pools: READ_POOLS_MS, points: POINTS_MS },
  };
}
