// Covers: cli/commands/console.ts, console/page/app.tsx, console/local/local-source.ts
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { parseEnv, promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, openPage, type WatchedPage } from './browser.ts';

/** The console as `npm start` opens it, used the way people use it. `SCREENSHOTS=docs` saves screenshots of it. */
let browser: Browser;
let served: ChildProcess;
let url: string;
/** Of the stack, for other processes. */
let environment: string;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  browser = await launch();
  ({ served, url, environment } = await serve(0));
  watched = await openPage(browser, { colorScheme: 'light' });
  page = watched.page;
  await page.goto(url);
  await page.getByRole('heading', { name: 'demo' }).waitFor();
});
afterAll(async () => {
  await browser.close();
  served.kill('SIGINT');
  await once(served, 'exit');
});

/** Runs the command, which prints its address once the page is served. */
async function serve(port: number): Promise<{ served: ChildProcess; url: string; environment: string }> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      'cli/main.ts',
      'console',
      '--local',
      '--json',
      '--port',
      `${port}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    return { served: child, ...(JSON.parse(line) as { url: string; environment: string }) };
  }
  throw new Error('the console did not start');
}

const number = (of: string) => page.locator(`.pool dd[data-of="${of}"]`);
const atLeast = (of: string, least: number) =>
  expect
    .poll(async () => Number(await number(of).textContent()), { timeout: 90_000 })
    .toBeGreaterThanOrEqual(least);

async function axe(): Promise<string[]> {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = (await page.evaluate('axe.run()')) as {
    violations: { id: string; nodes: { html: string }[] }[];
  };
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

async function picture(name: string): Promise<void> {
  const { SCREENSHOTS: directory } = process.env;
  if (directory !== undefined) await page.screenshot({ path: `${directory}/${name}.png` });
}

test('the console shows a pool with its agents, live', async () => {
  await page.getByText('live', { exact: true }).waitFor();
  await atLeast('ready', 1);
  expect(
    await page.getByRole('list', { name: 'Agents of demo' }).getByRole('listitem').count(),
  ).toBeGreaterThan(0);
});

test('the console sends a burst, and its graphs show the pool scale out', async () => {
  await page.getByRole('button', { name: 'Send a burst' }).click();
  await page.getByText('sent 40 tasks').waitFor();
  await atLeast('desired', 5);
  await atLeast('busy', 4);
  await page.getByLabel('Page').selectOption('Agentpool-demo-us-east-1');
  const desired = page.locator('figure', { hasText: 'Desired agents' }).locator('.legend li').first();
  await expect.poll(() => desired.textContent(), { timeout: 60_000 }).toMatch(/Desired agents: [5-8]/);
  // AWS's own metrics are shown too.
  await expect
    .poll(() => page.getByText('Age of the oldest task, queued or in flight:').textContent())
    .toMatch(/\d/);
});

test('a decision in the console opens by mouse and closes by keyboard', async () => {
  const decision = page.locator('.decisions li').first();
  await decision.locator('summary').click();
  await expect
    .poll(() => decision.locator('th').allTextContents())
    .toEqual(expect.arrayContaining(['read', 'wanted', 'decided']));
  await decision.locator('summary').press('Enter');
  expect(await decision.locator('table').isVisible()).toBe(false);
});

test('the console shows an ended task with its result and its conversation', async () => {
  const task = page.getByRole('list', { name: 'Recently ended tasks' }).getByRole('button').first();
  await task.click();
  await page.getByRole('heading', { name: /^Conversation burst-/ }).waitFor();
  expect(await page.locator('.task').textContent()).toContain('"content": "task');
  await page.getByLabel('Task', { exact: true }).fill('none');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByText('none: unknown task').waitFor();
});

test('an operator pauses and resumes a pool in the console', async () => {
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText(/^paused by /).waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText(/^paused by /).waitFor({ state: 'detached' });
});

test('the console kills an agent and injects faults', async () => {
  await page.getByRole('button', { name: 'Kill' }).click();
  await page.getByText(/^killed agent \w+/).waitFor();
  await page.getByRole('button', { name: 'Inject 20 % for 20 s' }).click();
  await page.getByText('injecting "throttled" into 20 % of dynamodb calls for 20 s').waitFor();
});

test('the console shows an alarm that fires, with what to do', async () => {
  await page.getByText(/^0 of \d+ alarms firing/).waitFor();
  const surroundings = parseEnv(await readFile(environment, 'utf8'));
  await promisify(execFile)(process.execPath, ['cli/main.ts', 'send', 'demo', '"no task of this agent"'], {
    env: { ...process.env, ...surroundings },
  });
  const alarm = page.getByRole('alert').getByText('tasks are in the dead-letter queue');
  await alarm.waitFor({ timeout: 90_000 });
  expect(await alarm.textContent()).toContain('What to do: docs/operations.md, DeadLetters.');
});

test('axe finds no accessibility problem in the console: light, dark and on a phone', async () => {
  expect(await axe()).toEqual([]);
  await page.setViewportSize({ width: 1400, height: 1500 });
  await picture('console');
  await page.getByRole('button', { name: 'dark theme' }).click();
  expect(await axe()).toEqual([]);
  await picture('console-dark');
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await axe()).toEqual([]);
  // Nothing is wider than the screen.
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
  await picture('console-phone');
  await page.setViewportSize({ width: 1400, height: 1000 });
});

test('the console page reconnects when its server restarts', async () => {
  const { port } = new URL(url);
  served.kill('SIGINT');
  await once(served, 'exit');
  await page.getByText('disconnected; reconnecting…').waitFor();
  ({ served } = await serve(Number(port)));
  await page.getByText('live', { exact: true }).waitFor({ timeout: 60_000 });
  await expect.poll(() => number('desired').textContent(), { timeout: 60_000 }).toBe('1');
});

test('the console page logged no errors and sent no request off this machine', () => {
  expect(watched.problems).toEqual([]);
});
