// Covers: cli/backtest.ts, cli/show-page.ts, console/traces/of-arguments.ts, console/page/what-if/what-if-page.tsx
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { axe, launch, openPage, type WatchedPage } from './browser.ts';

/** `agentpool backtest --open` on two traces, used the way people use it. */
let directory: string;
let browser: Browser;
let served: ChildProcess;
let url: string;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agentpool-backtest-'));
  const busy = await writeTrace('busy.csv', 3_000, 2);
  const calm = await writeTrace('calm.csv', 60, 60);
  browser = await launch();
  ({ served, url } = await serve(['--trace', busy, '--trace', calm]));
  watched = await openPage(browser, { colorScheme: 'light' });
  page = watched.page;
  await page.goto(url);
});
afterAll(async () => {
  await browser.close();
  served.kill();
  await rm(directory, { recursive: true });
});

async function writeTrace(name: string, tasks: number, everySeconds: number): Promise<string> {
  const file = join(directory, name);
  const lines = Array.from({ length: tasks }, (_, index) => `${index * everySeconds},${20 + (index % 37)}`);
  await writeFile(file, `arrival_s,work_s\n${lines.join('\n')}\n`);
  return file;
}

/** Runs the command, which prints its address once the page is served. */
async function serve(args: readonly string[]): Promise<{ served: ChildProcess; url: string }> {
  const command = ['cli/main.ts', 'backtest', '--open', '--json', '--port', '0', ...args];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    return { served: child, ...(JSON.parse(line) as { url: string }) };
  }
  throw new Error('the page is not served');
}

const settings = () => page.locator('.points tbody tr');

test('the first trace is shown with its tasks, and there is nothing of pools', async () => {
  await page.getByRole('heading', { name: 'What if · busy' }).waitFor();
  await page.getByText('3,000 tasks in 1 h 40 min').waitFor();
  expect(await page.title()).toBe('what if · busy · agentpool');
  expect(await page.getByRole('navigation').count()).toBe(0);
});

test('a changed setting is run, with progress, and compared with today and with other scalers', async () => {
  await page.getByLabel('min agents').fill('30');
  const within = page.getByLabel('within seconds');
  await within.fill('');
  await within.pressSequentially('30.5');
  expect(await within.inputValue()).toBe('30.5');
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByRole('progressbar').waitFor();
  await page.locator('.recommendation').waitFor({ timeout: 90_000 });
  expect(await page.locator('.recommendation').textContent()).toContain('95 % within 30.5 s');
  const found = (await settings().allTextContents()).join('\n');
  for (const each of ['today', 'min 30, 95 % within 30.5 s as changed', 'KEDA at', 'recommended'])
    expect(found).toContain(each);
  await page.locator('.scatter').getByText('as changed').first().waitFor();
});

test('a point that is chosen says what to write into the configuration', async () => {
  await settings().getByRole('button', { name: 'min 30, 95 % within 30.5 s' }).click();
  expect(await page.locator('.apply pre').textContent()).toBe(
    'min: 30,\nmax: 400,\nobjective: { percent: 95, withinSeconds: 30.5 },',
  );
  await settings()
    .getByRole('button', { name: /^KEDA at/ })
    .click();
  await page.getByText("isn't a setting of a pool").waitFor();
});

test('axe finds no accessibility problem in a backtest: light, dark and on a narrow phone', async () => {
  expect(await axe(page)).toEqual([]);
  await page.getByRole('button', { name: 'dark theme' }).click();
  await page.setViewportSize({ width: 360, height: 800 });
  expect(await axe(page)).toEqual([]);
  // Nothing is wider than the screen.
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  await page.setViewportSize({ width: 1400, height: 1000 });
});

test('each trace has an address, and one that names nothing leads to what there is', async () => {
  await page.getByRole('combobox', { name: 'Trace' }).selectOption('calm');
  await page.getByRole('heading', { name: 'What if · calm' }).waitFor();
  expect(page.url()).toBe(`${url}#/what-if/calm`);
  await page.goto(`${url}#/what-if/gone`);
  await page.getByRole('link', { name: 'Show what there is' }).click();
  await page.getByRole('heading', { name: 'What if · busy' }).waitFor();
});

test('the page of a backtest logged no errors and sent no request off this machine', () => {
  expect(watched.problems).toEqual([]);
});

test('Ctrl-C ends the command', async () => {
  await page.close();
  served.kill('SIGINT');
  expect(await once(served, 'exit')).toEqual([0, null]);
});
