import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { CliError, EXIT, table } from '../answer.ts';
import { command } from '../command.ts';
import { findPool, type OpenPool } from '../stack.ts';
import { timestamp } from '../time.ts';

export const context = command({
  command: 'context <action> <pool> <id>',
  describe: 'what a conversation holds: show, history, export or restore',
  examples: [
    ['context show support customer-7', 'as the next turn will find it'],
    ['context history support customer-7', 'the versions that are still kept'],
    ['context export support customer-7 --file before.json --version 12', 'one version as a file'],
    ['context restore support customer-7 --version 12', 'go on from there, as a new version'],
    ['context restore support customer-7 --file mended.json', 'go on from what is in a file'],
  ],
  positionals: ['action', 'pool', 'id'],
  options: {
    action: {
      type: 'string',
      demandOption: true,
      choices: ['show', 'history', 'export', 'restore'],
      describe: 'what to do',
    },
    pool: { type: 'string', demandOption: true, describe: 'the pool' },
    id: { type: 'string', demandOption: true, describe: 'the conversation' },
    version: { type: 'number', describe: 'another version than the latest' },
    file: { type: 'string', describe: 'a file of JSON to write, or to restore from' },
  },
  async run({ action, pool: name, id, version, file, ...stack }) {
    const pool = await findPool({ ...stack }, name);
    const found = await pool.versions.list(id);
    if (!found) throw new CliError(`pool ${name} has no conversation ${id}`, EXIT.notFound);
    const { head, versions } = found;
    if (action === 'history') {
      const rows = versions.map((each) => [
        each.version,
        each.plainBytes,
        each.storedBytes,
        each.kind,
        each.hash.slice(0, 12),
      ]);
      return {
        text: `${id}, updated ${timestamp(head.updatedAtMs)}\n\n${table(['version', 'bytes', 'stored', 'as', 'hash'], rows)}`,
        value: { contextId: id, version: head.version, updatedAtMs: head.updatedAtMs, versions },
      };
    }
    if (action === 'restore') return restore(pool, id, version, file);
    const value = await read(pool, id, version ?? head.version);
    const json = JSON.stringify(value, null, 2);
    if (action === 'show') return { text: json, value };
    const to = file ?? `${id}-${version ?? head.version}.json`;
    await writeFile(to, `${json}\n`);
    return { text: `version ${version ?? head.version} of ${id} in ${to}`, value: { file: to } };
  },
});

async function read({ versions }: OpenPool, id: string, version: number): Promise<unknown> {
  const value = await versions.read(id, version);
  if (value !== undefined) return value;
  throw new CliError(
    `version ${version} of ${id} is not kept any more: agentpool context history tells which are`,
    EXIT.notFound,
  );
}

/** Nothing is overwritten: what is restored becomes the next version. */
async function restore(pool: OpenPool, id: string, version: number | undefined, file: string | undefined) {
  if ((version === undefined) === (file === undefined))
    throw new CliError('restore takes --version N or --file FILE', EXIT.usage);
  const value = file === undefined ? await read(pool, id, version ?? 0) : await readJson(file);
  const before = await pool.contexts.restore(id);
  const saved = await pool.contexts.save(id, before, value, {
    taskId: `restored-${randomUUID()}`,
    result: { kind: 'inline', json: 'null' },
  });
  if (saved.kind === 'conflict')
    throw new CliError(
      `${id} went on meanwhile, and nothing was changed: pause what sends to it, and try again`,
    );
  return {
    text: `${id} goes on from ${file ?? `version ${version}`}, as version ${before.version + 1}`,
    value: { contextId: id, version: before.version + 1 },
  };
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CliError(`${file}: there is no such file`);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(`${file} is not JSON: ${(error as Error).message}`);
  }
}
