import { basename } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { markdownTable } from 'markdown-table';
import { compress, decompress } from '../../../shared/contexts/codec.ts';
import { learnPatterns } from '../../../shared/contexts/learn-patterns.ts';
import { readLines } from '../../../shared/tasks/read-lines.ts';
import {
  agentpool,
  type Conversation,
  conversation,
  jsonPatch,
  langgraph,
  type Method,
  snapshotsOf,
  whole,
  zstd,
} from './methods.ts';

/**
 * `npm run bench:context -- FILE.jsonl[.gz]… [--patterns FILE] [--json]`: what a snapshot after each message of an
 * assistant costs, over real conversations (`{id, messages}` a line). Patterns are learned from the conversations of
 * another file, or from the first eight of each, which are not measured then.
 */
const LEARNED_FROM = 8;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { patterns: { type: 'string' }, json: { type: 'boolean', default: false } },
});
if (positionals.length === 0) {
  console.error('usage: npm run bench:context -- FILE.jsonl[.gz]… [--patterns FILE] [--json]');
  process.exit(2);
}
const files = [];
for (const file of positionals) {
  const all = await conversationsOf(file);
  const learned =
    values.patterns === undefined ? all.slice(0, LEARNED_FROM) : await conversationsOf(values.patterns);
  const measured = values.patterns === undefined ? all.slice(LEARNED_FROM) : all;
  const pattern = learnPatterns(learned.map(({ messages }) => Buffer.from(JSON.stringify(messages))));
  const turns = measured.reduce((sum, conversation) => sum + snapshotsOf(conversation).length, 0);
  const methods = [
    await agentpool(measured, pattern),
    await whole('whole gzip', measured, (plain) => promisify(gzip)(plain)),
    await whole('whole zstd', measured, (plain) => zstd(plain, 3)),
    await jsonPatch(measured),
    await langgraph(measured),
  ];
  files.push({ file: basename(file), turns, patternBytes: pattern.length, methods });
}
const large = await largeContext();
if (values.json) console.log(JSON.stringify({ files, large }));
else {
  for (const { file, turns, patternBytes, methods } of files) {
    console.log(table(file, turns, patternBytes, methods));
  }
  const rounded = Object.entries(large).map(([name, value]) => `${name} ${value.toFixed(0)}`);
  console.log(`a large context, megabytes: ${rounded.join(', ')}`);
}

/** Throughput over a context of 63 MiB, and over the next one that says a little more. */
async function largeContext() {
  const text = (await readLines(positionals[0] as string)).join('\n');
  const plain = Buffer.from(text.repeat(Math.ceil((63 * 1024 * 1024) / text.length))).subarray(
    0,
    63 * 1024 * 1024,
  );
  const next = Buffer.concat([plain, Buffer.from(text.slice(0, 2_000))]);
  const megabytes = plain.length / 1e6;
  const rate = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    return megabytes / ((performance.now() - start) / 1000);
  };
  const link = await compress(next, plain);
  return {
    megabytes,
    wholePerSecond: await rate(() => compress(plain, new Uint8Array())),
    linkPerSecond: await rate(() => compress(next, plain)),
    restorePerSecond: await rate(() => decompress(link, plain, next.length)),
    linkBytes: link.length,
  };
}

/** Reads conversations, or ends with what is wrong with the file. */
async function conversationsOf(file: string): Promise<readonly Conversation[]> {
  try {
    return (await readLines(file)).map((line, index) => {
      const parsed = conversation.safeParse(jsonOf(line));
      if (parsed.success) return parsed.data;
      throw new Error(`${file}: line ${index + 1} is no conversation, {id, messages: [{role, …}]}`);
    });
  } catch (error) {
    console.error(`bench:context: ${(error as Error).message}`);
    return process.exit(2);
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function table(file: string, turns: number, patternBytes: number, methods: readonly Method[]): string {
  const rows = methods.map((each) => [
    each.method,
    each.bytesPerTurn.toFixed(0),
    each.requestsPerTurn.toFixed(2),
    each.cpuMsPerTurn.toFixed(2),
    each.usdPerMillionTurns.toFixed(2),
    `${each.coldRestore.bytes.toFixed(0)} in ${each.coldRestore.requests.toFixed(1)}`,
    `${each.warmRestore.bytes.toFixed(0)} in ${each.warmRestore.requests.toFixed(1)}`,
    each.headBytes?.toFixed(0) ?? '',
  ]);
  const header = [
    'method',
    'bytes a turn',
    'requests',
    'CPU ms',
    '$ a million',
    'cold restore',
    'warm',
    'head bytes',
  ];
  return `**${file}**: ${turns} turns, ${patternBytes} bytes of patterns\n\n${markdownTable([header, ...rows])}\n`;
}
