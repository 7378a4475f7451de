// Covers: console/page/styles/pool.css, console/page/pool/lane-stack.tsx
import { once } from 'node:events';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, openPage } from './browser.ts';
import { type Served, serveConsole } from './serve-console.ts';

/**
 * The pictures of the docs, taken of the recorded trace as `npm start` plays it, with nothing injected:
 * `SCREENSHOTS=docs npm run test:browser`.
 */
const { SCREENSHOTS: directory = '' } = process.env;
const WIDE = { width: 1400, height: 1060 };

let browser: Browser;
let served: Served;

beforeAll(async () => {
  if (directory === '') return;
  browser = await launch();
  served = await serveConsole(0);
});
afterAll(async () => {
  if (directory === '') return;
  await browser.close();
  served.process.kill('SIGINT');
  await once(served.process, 'exit');
});

/** The recorded half hour takes two and a half minutes, with its burst in the second one. */
const PLAYED = { timeout: 360_000, interval: 500 };

test.runIf(directory !== '')(
  'the pictures of the docs are taken while a recorded burst is played',
  async () => {
    const { page } = await openPage(browser, { viewport: WIDE, colorScheme: 'light' });
    await page.addInitScript(() => {
      for (const lane of ['arrivals', 'queue', 'wait', 'agents', 'decisions', 'swimlanes'])
        localStorage.setItem(`hint-${lane}`, 'hidden');
    });
    await page.goto(`${served.url}#/pool/demo?range=5m`);
    await page.locator('.agent-label').first().waitFor();
    const minuteMs = 60_000;
    const startMs = Date.now();
    const queued = async () => Number(await page.locator('.figures dd.number').nth(2).textContent());
    await expect
      .poll(async () => Date.now() - startMs > 3.2 * minuteMs && (await queued()) >= 8, PLAYED)
      .toBe(true);
    await page.screenshot({ path: `${directory}/console.png` });

    await page.getByRole('button', { name: 'dark theme' }).click();
    await page
      .getByRole('list', { name: /^Decisions/ })
      .getByRole('link')
      .last()
      .click();
    await page.locator('.wishes .bar').first().waitFor();
    await page.screenshot({ path: `${directory}/console-dark.png` });

    await page.getByRole('button', { name: 'light theme' }).click();
    await page.getByRole('link', { name: 'What if' }).click();
    await page.getByText(/[1-9]\d* tasks in this time/).waitFor();
    await page.getByLabel('min agents').fill('4');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.locator('.recommendation').waitFor({ timeout: 90_000 });
    await page.screenshot({ path: `${directory}/console-what-if.png` });

    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${served.url}#/pool/demo?range=5m`);
    await page.locator('.agent-label').first().waitFor();
    await page.screenshot({ path: `${directory}/console-phone.png` });
    await page.close();
  },
  600_000,
);
