// Covers: console/page/app.tsx, console/page/theme.tsx, console/page/load.ts, console/page/live.ts
import { once } from 'node:events';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axe, launch, openPage } from './browser.ts';
import { type Served, serveConsole } from './serve-console.ts';

/** The console for people who use no mouse, a small screen or a screen reader, and on bad days. */
let browser: Browser;
let served: Served;

beforeAll(async () => {
  browser = await launch();
  served = await serveConsole(0);
});
afterAll(async () => {
  await browser.close();
  served.process.kill('SIGINT');
  await once(served.process, 'exit');
});

describe('every view', () => {
  const VIEWS = ['#/', '#/pool/demo', '#/tasks', '#/what-if/demo', '#/dashboards'];

  test.each(['light', 'dark'] as const)('axe finds nothing in any view of the %s theme', async (theme) => {
    const themed = await openPage(browser, { colorScheme: theme });
    for (const view of VIEWS) {
      await themed.page.goto(served.url + view);
      await themed.page.locator('main h1').waitFor();
      await themed.page.getByText('live', { exact: true }).waitFor();
      expect(await axe(themed.page), view).toEqual([]);
    }
    await themed.page.goto(`${served.url}#/pool/demo/decision/${Date.now()}`);
    await themed.page.locator('.steps').waitFor();
    await themed.page.getByRole('button', { name: 'Try it' }).click();
    expect(await axe(themed.page)).toEqual([]);
    expect(themed.problems).toEqual([]);
    await themed.page.close();
  });

  test.each([
    ['a screen of 360 pixels', { viewport: { width: 360, height: 740 } }],
    ['a zoom of 200 %', { viewport: { width: 700, height: 500 }, deviceScaleFactor: 2 }],
    ['reduced motion', { reducedMotion: 'reduce' as const }],
  ])('on %s no view is wider than the screen', async (_what, options) => {
    const small = await openPage(browser, options);
    for (const view of [...VIEWS, `#/pool/demo/decision/${Date.now()}`]) {
      await small.page.goto(served.url + view);
      await small.page.locator('main h1').waitFor();
      const [wide, width] = await small.page.evaluate(() => [
        document.documentElement.scrollWidth,
        innerWidth,
      ]);
      expect(wide, view).toBeLessThanOrEqual(width ?? 0);
    }
    if ('reducedMotion' in options)
      expect(await small.page.evaluate(() => document.getAnimations().length)).toBe(0);
    expect(small.problems).toEqual([]);
    await small.page.close();
  });

  test('the keyboard alone leads from the overview to a pool, a decision and what-if', async () => {
    const { page: typed } = await openPage(browser);
    await typed.goto(served.url);
    await typed.getByRole('link', { name: 'demo', exact: true }).waitFor();
    const tabTo = async (name: string) => {
      for (let steps = 0; steps < 80; steps++) {
        await typed.keyboard.press('Tab');
        const label = await typed.evaluate(() => {
          const at = document.activeElement;
          return at?.getAttribute('aria-label') ?? at?.textContent ?? '';
        });
        if (label.startsWith(name)) return;
      }
      throw new Error(`Tab doesn't reach "${name}"`);
    };
    await tabTo('demo');
    await typed.keyboard.press('Enter');
    await typed.getByRole('heading', { name: 'demo' }).waitFor();
    await tabTo('Moment in demo');
    // The keys move among ticks: until the history has come, there's none to move to.
    await typed.locator('.crosshair-slider[aria-valuetext*="waiting"]').waitFor();
    await typed.keyboard.press('ArrowLeft');
    await typed.keyboard.press('Enter');
    await typed.locator('.binding').waitFor();
    await typed.keyboard.press('Control+Home');
    await typed.evaluate(() => (document.activeElement as HTMLElement).blur());
    await tabTo('What if');
    await typed.keyboard.press('Enter');
    await typed.getByRole('heading', { name: 'What if · demo' }).waitFor();
    await typed.close();
  });
});

test('the page reconnects when its server restarts, and goes on', async () => {
  const { page, problems } = await openPage(browser);
  await page.goto(`${served.url}#/pool/demo`);
  await page.locator('.agent-label').first().waitFor();
  const { port } = new URL(served.url);
  served.process.kill('SIGINT');
  await once(served.process, 'exit');
  await page.getByText('disconnected; reconnecting…').waitFor();
  served = await serveConsole(Number(port));
  await page.getByText('live', { exact: true }).waitFor({ timeout: 60_000 });
  await expect
    .poll(() => page.locator('.figures > div', { hasText: 'Agents' }).locator('dd').first().textContent(), {
      timeout: 60_000,
    })
    .toMatch(/[1-9]/);
  expect(problems).toEqual([]);
});
