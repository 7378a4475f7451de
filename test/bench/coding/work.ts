import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';

/** One turn of a coding agent: what it's asked, the tool that it calls, and what the tool prints. */
export type WorkTurn = {
  readonly ask: string;
  readonly call: { readonly name: string; readonly args: Readonly<Record<string, string>> };
  readonly output: string;
  readonly answer: string;
  /** The file after an edit; absent in other turns. */
  readonly edited?: { readonly path: string; readonly content: string };
};

const WORDS =
  'const return await function type import export value error client request agent pool table index result state task queue retry count limit bytes chunk reader writer parse format handle update delete create read write map filter reduce option config default string number'.split(
    ' ',
  );
/** Bytes that a tool prints in a turn. */
const OUTPUT_BYTES = [10_000, 50_000] as const;
const FILES = 24;

/** The same work for the same seed: files are read whole, edited and read again, and tests and searches print logs. */
export function* codingWork(turns: number, seed = 7): Generator<WorkTurn> {
  const random = mersenne(seed);
  const below = (count: number) => uniformInt(random, 0, count - 1);
  const words = (count: number) =>
    Array.from({ length: count }, () => WORDS[below(WORDS.length)] as string).join(' ');
  const line = () => `${'  '.repeat(below(4))}${words(3 + below(6))} = ${words(2)}(${below(100_000)});`;
  const text = (bytes: number) => {
    const lines: string[] = [];
    for (let size = 0; size < bytes; size += (lines.at(-1) as string).length + 1) lines.push(line());
    return lines.join('\n');
  };
  const files = Array.from({ length: FILES }, () => text(10_000 + below(20_000)).split('\n'));
  const log = (bytes: number) => {
    const lines: string[] = [];
    for (let size = 0; size < bytes; size += (lines.at(-1) as string).length + 1)
      lines.push(`✓ test/unit/${words(2).replace(' ', '-')}.test.ts > ${words(5)} ${below(900)} ms`);
    return lines.join('\n');
  };
  for (let turn = 0; turn < turns; turn++) {
    const at = below(FILES);
    const path = `src/${WORDS[at]}.ts`;
    const lines = files[at] as string[];
    const ask = `Turn ${turn}: ${words(20)}`;
    const answer = words(60);
    const [least, most] = OUTPUT_BYTES;
    const bytes = least + below(most - least);
    if (turn % 3 === 0) {
      const row = below(lines.length);
      const [before, after] = [lines[row] as string, line()];
      lines[row] = after;
      const content = lines.join('\n');
      const call = { name: 'edit', args: { path, before, after } };
      yield {
        ask,
        call,
        output: `edited ${path}\n${content}\n${log(bytes - 10_000)}`.slice(0, most),
        answer,
        edited: { path, content },
      };
    } else if (turn % 3 === 1) {
      yield { ask, call: { name: 'read', args: { path } }, output: lines.join('\n'), answer };
    } else {
      yield { ask, call: { name: 'run', args: { command: 'npm test' } }, output: log(bytes), answer };
    }
  }
}
