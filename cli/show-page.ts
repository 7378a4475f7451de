import open from 'open';
import { interrupted } from './interrupted.ts';

type Page = {
  readonly url: string;
  /** What is said about it. */
  readonly text: string;
  /** What `--json` prints beside the address. */
  readonly value?: object;
  readonly json: boolean;
  /** Whether a browser shows it, if a person is at the terminal. */
  readonly opens: boolean;
};

/** Prints the address of a page that is being served, opens it in the browser, and waits for Ctrl-C. */
export async function showPage({ url, text, value, json, opens }: Page): Promise<void> {
  console.log(json ? JSON.stringify({ url, ...value }) : `${text}\n\n  ${url}\n\nPress Ctrl-C to stop.`);
  if (opens && process.stdout.isTTY) await open(url);
  await interrupted();
}
