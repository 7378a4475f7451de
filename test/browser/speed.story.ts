// Covers: console/server.ts, console/page/app.tsx, console/page/pool/swimlanes.tsx, console/page/overview/overview.tsx
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Console, startConsole } from '../../console/server.ts';
import { launch, openPage } from './browser.ts';
import { type LargeSource, largeSource } from './large-source.ts';

/** A large pool over a day: 500 agents with 144 tasks each; ten updates a second, with new points. */
const AGENTS = 500;
const UPDATES_SECONDS = 5;

let browser: Browser;
let source: LargeSource;
let served: Console;

beforeAll(async () => {
  browser = await launch();
  source = largeSource({ pools: 1, agents: AGENTS, pace: { pools: 100, points: 1_000 } });
  served = await startConsole(source, 0);
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
test.each([
  ['the page of a pool with 500 agents and a day', '#/pool/pool-00?range=24h', poolIsDrawn],
  ['the dashboards with 60 lines and a day', '#/dashboards', dashboardIsDrawn],
] as const)(
  '%s loads within two seconds and draws an update within a frame',
  async (_what, place, isDrawn) => {
    let best = { loadMs: Infinity, updateMs: Infinity };
    for (let round = 0; round < ROUNDS && !(best.loadMs < LOAD_MS && best.updateMs < UPDATE_MS); round += 1) {
      const { loadMs, updateMs, slowness } = await measure(place, isDrawn);
      best = {
        loadMs: Math.min(best.loadMs, loadMs / slowness),
        updateMs: Math.min(best.updateMs, updateMs / slowness),
      };
    }
    expect(best.loadMs).toBeLessThan(LOAD_MS);
    expect(best.updateMs).toBeLessThan(UPDATE_MS);
  },
);

async function poolIsDrawn(page: Page): Promise<void> {
  await page.locator('.agent-label').nth(10).waitFor();
  await page
    .getByText(/waiting|wait/)
    .first()
    .waitFor();
  await page
    .locator('.lane-values dd', { hasText: `${AGENTS}` })
    .first()
    .waitFor();
}

async function dashboardIsDrawn(page: Page): Promise<void> {
  await page.locator('.legend b', { hasText: /\d/ }).nth(59).waitFor();
}

test('the overview shows fifty pools, finds one by its name and sorts by what waits', async () => {
  const many = await startConsole(
    largeSource({ pools: 50, agents: 200, pace: { pools: 1_000, points: 60_000 } }),
    0,
  );
  const { page, problems } = await openPage(browser);
  const startMs = performance.now();
  await page.goto(many.url);
  await page.locator('.pool-row').nth(49).waitFor();
  expect(performance.now() - startMs).toBeLessThan(10_000);
  // A row is low enough for a screen to show many.
  const { height = 999 } = (await page.locator('.pool-row').first().boundingBox()) ?? {};
  expect(height).toBeLessThan(70);
  await page.getByLabel('Filter').fill('07');
  await page.locator('.pool-row').nth(1).waitFor({ state: 'detached' });
  expect(await page.locator('.pool-name').allTextContents()).toEqual(['pool-07']);
  await page.getByLabel('Filter').fill('');
  await page.getByLabel('Sort by').selectOption('name');
  expect((await page.locator('.pool-name').allTextContents())[0]).toBe('pool-00');
  expect(new URL(page.url()).hash).toContain('sort=name');
  expect(problems).toEqual([]);
  await page.close();
  await many.close();
});

test('a dashboard is drawn with the points of the past, although no other point comes', async () => {
  const quiet = await startConsole(
    largeSource({ pools: 1, agents: 5, pace: { pools: 60_000, points: 3_600_000 } }),
    0,
  );
  const { page } = await openPage(browser);
  await page.goto(`${quiet.url}#/dashboards`);
  const colored = () =>
    page
      .locator('.plot canvas')
      .first()
      .evaluate((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const pixels =
          (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
        // Axes and grid are gray: only lines have a color.
        return pixels.filter((red, at) => at % 4 === 0 && Math.abs(red - (pixels[at + 2] ?? 0)) > 100).length;
      });
  await expect.poll(colored, { timeout: 10_000 }).toBeGreaterThan(100);
  await page.close();
  await quiet.close();
});

type Round = { readonly loadMs: number; readonly updateMs: number; readonly slowness: number };

async function measure(place: string, isDrawn: (page: Page) => Promise<void>): Promise<Round> {
  const { page, problems } = await openPage(browser);
  const startMs = performance.now();
  await page.goto(served.url + place);
  await isDrawn(page);
  const loadMs = performance.now() - startMs;
  const slowness = Math.max(1, (await page.evaluate(toPace)) / PACE_MS);

  const session = await page.context().newCDPSession(page);
  // The time that the page's thread was busy, without the time it waited for others.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busySeconds = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  };
  const [before, sent] = [await busySeconds(), source.updates];
  await page.waitForTimeout(1000 * UPDATES_SECONDS);
  const updateMs = (1000 * ((await busySeconds()) - before)) / (source.updates - sent);
  console.log(
    `loaded in ${loadMs.toFixed(0)} ms; ${source.updates - sent} updates, ${updateMs.toFixed(1)} ms of the page's time each; ${slowness.toFixed(2)} times as slow as the machine of the targets`,
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
