// Covers: cli/commands/console.ts, console/page/app.tsx, console/local/local-source.ts, console/local/controls.ts, console/local/player.ts, console/local/bursts.ts, console/pool-history.ts, console/page/pool/lane-stack.tsx

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { parseEnv, promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, openPage, type WatchedPage } from './browser.ts';
import { type Served, serveConsole } from './serve-console.ts';

/** What a poll takes at most; the machine may be busy. */
const SOON = { timeout: 10_000 };

/** The console as `npm start` opens it, used the way people use it. */
let browser: Browser;
let served: Served;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  browser = await launch();
  served = await serveConsole(0);
  watched = await openPage(browser, { colorScheme: 'light' });
  page = watched.page;
});
afterAll(async () => {
  await browser.close();
  served.process.kill('SIGINT');
  await once(served.process, 'exit');
});

const figure = (name: string) => page.locator('.figures > div', { hasText: name }).locator('dd').first();
const lane = (name: string) =>
  page.locator('.lane', { has: page.getByRole('heading', { name, exact: true }) });
const decisions = () => page.getByRole('list', { name: 'Decisions that changed demo' }).getByRole('link');
const barOf = (name: string) => page.getByRole('region', { name });

describe('the first minutes', () => {
  test('within ten seconds of its opening, every lane of the pool has something in it', async () => {
    await page.goto(served.url);
    await page.getByRole('link', { name: 'demo', exact: true }).click();
    const startMs = performance.now();
    await expect
      .poll(() => lane('Arrivals').locator('dd').first().textContent(), SOON)
      .toMatch(/[1-9].* a min/);
    await expect.poll(() => figure('Agents').textContent(), SOON).toMatch(/[1-9]/);
    await page.locator('.agent-label').first().waitFor();
    await expect
      .poll(() => lane('Queue').getByRole('img').getAttribute('aria-label'))
      .toMatch(/in flight [1-9]/);
    await page.getByText('live', { exact: true }).waitFor();
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });

  test('each lane explains itself in a sentence, until that is dismissed for good', async () => {
    const hint = lane('Queue').locator('.hint');
    await hint.getByRole('button').click();
    await hint.waitFor({ state: 'detached' });
    await page.reload();
    await lane('Agents').locator('.hint').waitFor();
    expect(await hint.count()).toBe(0);
  });
});

describe('a pool', () => {
  test('a recorded burst scales it out, and the page says how many wait and what was decided', async () => {
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByRole('button', { name: /^A wave of tweets/ }).click();
    await page.getByText(/^sending \d+ tasks/).waitFor();
    await page.getByRole('button', { name: 'Close the controls' }).click();
    await expect
      .poll(async () => Number(await figure('Agents').textContent()), { timeout: 90_000 })
      .toBeGreaterThan(5);
    await decisions().first().waitFor();
    expect(await figure('Tasks waiting').textContent()).toMatch(/^\d+$/);
    expect(await page.locator('.last').textContent()).toMatch(/(holds at|scale-out from|scale-in from) \d+/);
  });

  test('a decision is explained beside the lanes, at an address of its own', async () => {
    await decisions().last().click();
    const panel = page.getByRole('complementary', { name: 'Decision' });
    await panel.getByRole('heading', { name: 'Wanted' }).waitFor();
    expect(await panel.getByRole('heading', { level: 3 }).allTextContents()).toEqual([
      'Read',
      'Expected',
      'Wanted',
      'Bounded',
      'Done',
    ]);
    expect(await panel.locator('.wishes .bar').count()).toBeGreaterThan(0);
    const text = await panel.locator('.binding').textContent();
    const other = await openPage(browser);
    await other.page.goto(page.url());
    await other.page.locator('.binding', { hasText: text ?? '' }).waitFor();
    await other.page.close();
  });

  test('dragging over the lanes zooms, and Live goes back', async () => {
    await page.getByRole('link', { name: 'Close the decision' }).click();
    await lane('Agents').scrollIntoViewIfNeeded();
    const box = await lane('Agents').getByRole('img').boundingBox();
    if (!box) throw new Error('no lane');
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.5, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, y, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => page.url(), SOON).toMatch(/from=\d+&to=\d+/);
    await page.getByRole('link', { name: 'Live' }).click();
    await expect.poll(() => page.url(), SOON).toContain('range=5m');
  });

  test('a bar of an agent leads to its task, with its conversation as messages', async () => {
    await page.locator('.agent-label').first().click();
    const card = page.locator('.popover');
    await card.getByRole('link').first().click();
    await page.getByRole('heading', { name: 'Attempts' }).waitFor();
    await page.locator('.message.user').first().waitFor({ timeout: 30_000 });
    expect(await page.locator('.attempt-bar').count()).toBeGreaterThanOrEqual(2);
  });
});

describe('tasks', () => {
  test('are found by status and by ID, and one that is unknown is said to be', async () => {
    await page.getByRole('link', { name: 'Tasks', exact: true }).click();
    await page.getByLabel('Status').selectOption('done');
    const first = page.locator('tbody a').first();
    await first.waitFor();
    const id = (await first.textContent()) ?? '';
    await page.getByLabel('ID or conversation').fill(id);
    await page.getByRole('button', { name: 'Search' }).click();
    await expect.poll(() => page.locator('tbody tr').count(), SOON).toBe(1);
    await page.getByLabel('ID or conversation').fill('none');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('No task or conversation “none” was found').waitFor();
  });
});

describe('what is in force', () => {
  test('a pin beyond max is refused, as on the command line, and one within it can be taken back', async () => {
    await page.getByRole('button', { name: 'Try it' }).click();
    const agents = page.getByRole('spinbutton', { name: 'Agents' });
    await agents.fill('99');
    await page.getByRole('button', { name: 'Pin' }).click();
    // The browser refuses it by the bounds; so does the server, for any caller.
    expect(await agents.evaluate((field) => (field as HTMLInputElement).validity.rangeOverflow)).toBe(true);
    const refused = await page.request.post(`${served.url}api/do`, {
      data: { do: 'pin', pool: 'demo', desired: 99 },
    });
    expect(await refused.json()).toEqual({
      error: expect.stringContaining('expected a whole number of agents from min to max (1 to 12)'),
    });
    await agents.fill('7');
    await page.getByRole('button', { name: 'Pin' }).click();
    const bar = barOf('In force');
    await bar.getByText(/demo: pinned at 7 by .+ since/).waitFor();
    await bar.getByRole('button', { name: 'Resume' }).click();
    await bar.getByText(/pinned at 7/).waitFor({ state: 'detached' });
  });

  test('a fault is confirmed first, then shown until it is ended', async () => {
    await page.getByRole('button', { name: 'Inject 20 % for 20 s' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Inject 20 % for 20 s' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Do it' }).click();
    const bar = barOf('In force');
    await bar.getByText(/20 % of the calls to dynamodb are “throttled” until/).waitFor();
    await bar.getByRole('button', { name: 'End' }).click();
    await bar.getByText(/throttled/).waitFor({ state: 'detached' });
  });

  test('an agent that is killed is named, and the trace stops and plays by a switch', async () => {
    await page.getByRole('button', { name: 'Kill', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Do it' }).click();
    await page.getByText(/^killed agent \w+/).waitFor();
    await page.getByRole('button', { name: 'Close the controls' }).click();
    const playing = page.getByRole('switch', { name: 'Recorded trace' });
    await playing.click();
    await expect.poll(() => playing.getAttribute('aria-checked'), SOON).toBe('false');
    await playing.click();
    await expect.poll(() => playing.getAttribute('aria-checked'), SOON).toBe('true');
  });
});

test('an alarm that fires is shown on the pool and in the overview, with what to do', async () => {
  const surroundings = parseEnv(await readFile(served.environment, 'utf8'));
  await promisify(execFile)(process.execPath, ['cli/main.ts', 'send', 'demo', '"no task of this agent"'], {
    env: { ...process.env, ...surroundings },
  });
  await page.goto(`${served.url}#/pool/demo`);
  const alarm = page.getByRole('alert').getByText('tasks are in the dead-letter queue');
  await alarm.waitFor({ timeout: 90_000 });
  expect(await alarm.textContent()).toContain('What to do: docs/operations.md, DeadLetters.');
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.locator('.pool-row', { hasText: '1 alarm' }).waitFor();
});

test('a failed task says why, and is queued again after a confirmation', async () => {
  await page.goto(`${served.url}#/tasks?status=failed`);
  await page.locator('tbody a').first().click();
  await page.getByRole('button', { name: 'Redrive' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Redrive' }).click();
  await page.getByText(/is queued again/).waitFor({ timeout: 30_000 });
});

test('what-if runs the recorded arrivals with other settings and applies one after showing the difference', async () => {
  await page.getByRole('link', { name: 'What if' }).click();
  await expect
    .poll(
      async () => {
        await page.reload();
        await page.getByText(/\d+ tasks? in this time/).waitFor();
        return page.getByText(/[1-9]\d* tasks in this time/).count();
      },
      { timeout: 150_000, interval: 3_000 },
    )
    .toBe(1);
  await page.getByLabel('min agents').fill('3');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('progressbar', { name: 'Runs of the backtest' }).waitFor();
  await page.locator('.recommendation').waitFor({ timeout: 90_000 });
  expect(await page.locator('.scatter g.point').count()).toBeGreaterThan(4);
  await page
    .getByRole('table')
    .getByRole('button', { name: /^min 3/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Apply to demo' }).click();
  expect(await page.getByRole('dialog').locator('tbody td').allTextContents()).toEqual(['min', '1', '3']);
  await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
  const bar = barOf('In force');
  await bar.getByText(/demo: \{"min":3\} set by/).waitFor();
  await bar.getByRole('button', { name: 'Take back' }).click();
  await bar.getByText(/"min":3/).waitFor({ state: 'detached' });
});

test('the dashboards draw what CDK deploys, with AWS metrics among them', async () => {
  await page.getByRole('link', { name: 'Dashboards' }).click();
  await page.getByLabel('Page').selectOption('Agentpool-demo-us-east-1');
  await expect
    .poll(() => page.getByText('Age of the oldest task, queued or in flight:').textContent(), {
      timeout: 30_000,
    })
    .toMatch(/\d/);
});

test('the page logged no errors and sent no request off this machine', () => {
  expect(watched.problems).toEqual([]);
});
