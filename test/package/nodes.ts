import { dirname, join } from 'node:path';
import { QUICKLY, run } from './run.ts';

/** The directory with the binary of a version of Node, which npm keeps in its cache. */
export async function nodeOf(major: string): Promise<string> {
  const args = ['--yes', `--package=node@${major}`, '--', 'node', '-p', 'process.execPath'];
  return dirname((await run(process.cwd(), 'npx', args, QUICKLY)).trim());
}

/** What code prints that a version of Node runs in a folder. */
export async function evaluate(
  folder: string,
  binaries: string,
  { form, code }: { readonly form: 'commonjs' | 'module'; readonly code: string },
): Promise<string> {
  const args = ['--disable-warning=ExperimentalWarning', `--input-type=${form}`, '-e', code];
  return (await run(folder, join(binaries, 'node'), args)).trim();
}
