import { readFile, writeFile } from 'node:fs/promises';

const END = '<!-- /backtest -->';

/**
 * Replaces what is between the markers of a Markdown file, for those parts that it has markers for: a part called
 * `backtest of recorded traces` is between `<!-- backtest of recorded traces -->` and `<!-- /backtest -->`.
 * @throws Error when the file has no such markers.
 */
export async function writeParts(file: string, parts: Readonly<Record<string, string>>): Promise<void> {
  const before = await readFile(file, 'utf8');
  const names = Object.keys(parts).filter((name) => before.includes(beginOf(name)));
  if (names.length === 0)
    throw new Error(`${file} has no ${beginOf(Object.keys(parts)[0] as string)} … ${END}`);
  let text = before;
  for (const name of names) {
    const at = text.indexOf(beginOf(name));
    const end = text.indexOf(END, at);
    if (end < 0) throw new Error(`${file} has no ${END} after ${beginOf(name)}`);
    text = `${text.slice(0, at)}${beginOf(name)}\n\n${parts[name]}\n${text.slice(end)}`;
  }
  await writeFile(file, text);
}

function beginOf(name: string): string {
  return `<!-- ${name} -->`;
}
