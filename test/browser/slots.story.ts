// Covers: console/page/pool/swimlanes.tsx, console/page/pool/swimlane-painter.ts, console/page/pool/key-figures.tsx, console/page/decision/bounded.tsx, console/page/parts/slot-meter.tsx, console/page/parts/squares.tsx, console/page/what-if/change-form.tsx
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Console, startConsole } from '../../console/server.ts';
import { axe, launch, openPage, type WatchedPage } from './browser.ts';
import { HELD_BACK, slotsSource } from './slots-source.ts';

let browser: Browser;
let served: Console;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  [browser, served] = await Promise.all([launch(), startConsole(slotsSource(), 0)]);
  watched = await openPage(browser);
  page = watched.page;
});
afterAll(async () => {
  await browser.close();
  await served.close();
});

test('a pool shows how many of its slots are used, on the overview and on its page', async () => {
  await page.goto(served.url);
  await page.locator('.pool-row .slots', { hasText: '7/7 slots' }).waitFor();
  // Of two busy agents, one works in all its slots and one in a quarter of them.
  expect(await page.locator('.squares .fill-busy').getAttribute('d')).toBe('M0 0h8v8h-8zM10 6h8v2h-8z');
  await page.getByRole('link', { name: 'pool-00', exact: true }).click();
  const figure = page.locator('.figures > div', { hasText: 'Slots used' });
  await figure.getByText('4 an agent; 1 agent held up by a handler').waitFor();
  expect(await figure.locator('dd').first().textContent()).toBe('7/7');
  const lane = page.locator('.lane', { has: page.getByRole('heading', { name: 'Slots', exact: true }) });
  expect(await lane.getByRole('img').getAttribute('aria-label')).toBe('Slots: used 7, of 7');
});

test('an agent is read aloud with its slots, and its card lists what it works on', async () => {
  const label = page.getByRole('button', {
    name: 'agent bbbbbb, busy, 1 of 4 slots used, held up by a handler',
  });
  await label.focus();
  await page.keyboard.press('Enter');
  await page.locator('.popover').getByRole('link', { name: 'b-0' }).waitFor();
  await page.keyboard.press('Escape');
  expect(await page.locator('.crosshair-slider').getAttribute('aria-valuetext')).toContain(
    '7 of 7 slots used',
  );
});

test('each slot of an agent has a row, where the pointer finds its task', async () => {
  const box = await page.locator('.swimlanes canvas').boundingBox();
  if (!box) throw new Error('no lanes');
  // At the right end, where tasks run now: the third row of the first agent, then the free ones of the second.
  await page.mouse.move(box.x + box.width - 20, box.y + 2.5 * 9);
  await page.locator('.popover.tip', { hasText: 'conversation-a-2' }).waitFor();
  await page.mouse.move(box.x + box.width - 20, box.y + 40 + 2.5 * 9);
  await page.locator('.popover.tip').waitFor({ state: 'detached' });
  // Above the thin line of a life, a row has a color only where a task runs.
  const alphaAt = (y: number) =>
    page.locator('.swimlanes canvas').evaluate((canvas, at) => {
      const { width, clientWidth } = canvas as HTMLCanvasElement;
      const [x, scale] = [width - 20, width / clientWidth];
      return (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(x, at * scale, 1, 1).data[3];
    }, y);
  expect([await alphaAt(2 * 9 + 2), await alphaAt(40 + 2), await alphaAt(40 + 2 * 9 + 2)]).toEqual([
    255, 255, 0,
  ]);
});

test('what-if moves the slots of an agent, with bounds that count agents', async () => {
  await page.goto(`${served.url}#/what-if/pool-00`);
  const slots = page.getByLabel('slots an agent');
  expect(await slots.inputValue()).toBe('4');
  await slots.fill('65');
  expect(await slots.evaluate((field) => (field as HTMLInputElement).validity.rangeOverflow)).toBe(true);
  await slots.fill('2');
  await page.getByLabel('max agents').fill('20');
  const [asked] = await Promise.all([
    page.waitForRequest((request) => request.method() === 'POST'),
    page.getByRole('button', { name: 'Run', exact: true }).click(),
  ]);
  expect(asked.postDataJSON()).toMatchObject({ change: { max: 20, concurrency: 2 } });
  await page.goto(`${served.url}#/pool/pool-00`);
});

test('a decision has the slots that were read, what a limit held back and the drains', async () => {
  await page.locator('.last a').click();
  const panel = page.getByRole('complementary', { name: 'Decision' });
  await panel.locator('.steps').waitFor();
  const text = (await panel.textContent()) ?? '';
  for (const part of ['slots used7 of 7', 'held up by a handler1', 'openai: 600 requests a minute'])
    expect(text).toContain(part);
  expect(text).toContain('Hold at 2; draining 1 at work; taking back a drain');
  expect(await panel.locator('.guards .binds').textContent()).toBe(`4 → 2 ${HELD_BACK} ProviderLimit`);
  // What the guard says, the list of limits doesn't repeat.
  expect(text.split(HELD_BACK)).toHaveLength(3);
});

test('axe finds nothing in it, and it fits a screen of 360 pixels', async () => {
  expect(await axe(page)).toEqual([]);
  await page.setViewportSize({ width: 360, height: 740 });
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await expect.poll(wide).toBeLessThanOrEqual(0);
  expect(watched.problems).toEqual([]);
});
