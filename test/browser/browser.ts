import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findChromium } from './chromium.ts';

/** A page that notes what must not happen: errors on its console, and requests that leave this machine. */
export type WatchedPage = { readonly page: Page; readonly problems: string[] };

export async function launch(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('Chromium is missing: npm run test:browser installs it');
  // Chromium's own sandbox needs rights that a container does not give; the page is ours.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

export async function openPage(
  browser: Browser,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 }, ...options });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    // While a server restarts, the browser logs failed requests and the page shows that it is disconnected.
    const isAway =
      /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/.test(
        message.text(),
      );
    if (message.type() === 'error' && !isAway) problems.push(message.text());
  });
  page.on('request', (request) => {
    if (!/^(http:\/\/localhost:|data:)/.test(request.url())) problems.push(`a request to ${request.url()}`);
  });
  return { page, problems };
}

/** What axe finds: each rule with the elements that break it. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = (await page.evaluate('axe.run()')) as {
    violations: { id: string; nodes: { html: string }[] }[];
  };
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
