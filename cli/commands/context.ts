import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { encodeId } from '../../shared/core/pool/id.ts';
import { command } from '../command.ts';
import { CliError, EXIT } from '../result.ts';
import { findPool, type OpenPool } from '../stack.ts';
import { table } from '../table.ts';
import { timestamp } from '../time.ts';
import { deleteContext } from './context-delete.ts';

export const context = command({
  examples: [
    ['context show support customer-7', 'show the context that the next turn starts from'],
    ['context history support customer-7', 'list the versions that are kept'],
    ['context export support customer-7 --file before.json --version 12', 'save one version to a file'],
    ['context restore support customer-7 --version 12', 'save version 12 as the next version'],
    [
      'context restore support customer-7 --file fixed.json',
      'save the content of a file as the next version',
    ],
    ['context delete support customer-7 --yes', 'delete it in all versions, and its tasks'],
  ],
  positionals: ['action', 'pool', 'id'],
  options: {
    action: {
      type: 'string',
      demandOption: true,
      choices: ['show', 'history', 'export', 'restore', 'delete'],
      describe: 'operation',
    },
    pool: { type: 'string', demandOption: true, describe: 'name of the pool' },
    id: { type: 'string', demandOption: true, describe: 'ID of the conversation (contextId)' },
    version: { type: 'number', describe: 'version (default: the latest)' },
    file: { type: 'string', describe: 'JSON file to export to or restore from' },
    yes: { type: 'boolean', default: false, describe: 'delete without confirmation' },
  },
  async run({ action, pool: name, id, version, file, yes, json, ...stack }) {
    const pool = await findPool({ ...stack }, name);
    if (action === 'delete') return deleteContext(pool, id, { yes, json });
    const found = await pool.versions.list(id);
    if (!found) throw new CliError(`unknown conversation "${id}" in pool ${name}`, EXIT.notFound);
    const { head, versions } = found;
    if (action === 'history') {
      const rows = versions.map((each) => [
        each.version,
        each.plainBytes,
        each.storedBytes,
        each.kind,
        each.hash.slice(0, 12),
      ]);
      const list = table(['version', 'bytes', 'stored', 'as', 'hash'], rows);
      return {
        text: (width) => `${id}, updated ${timestamp(head.updatedAtMs)}\n\n${list(width)}`,
        value: { contextId: id, version: head.version, updatedAtMs: head.updatedAtMs, versions },
      };
    }
    if (action === 'restore') return restore(pool, { id, version, file });
    const value = await read(pool, id, version ?? head.version);
    const text = JSON.stringify(value, null, 2);
    if (action === 'show') return { text, value };
    const to = file ?? `${encodeId(id)}-${version ?? head.version}.json`;
    await writeFile(to, `${text}\n`);
    return { text: `version ${version ?? head.version} of ${id} exported to ${to}`, value: { file: to } };
  },
});

async function read({ versions }: OpenPool, id: string, version: number): Promise<unknown> {
  const value = await versions.read(id, version);
  if (value !== undefined) return value;
  throw new CliError(
    `version ${version} of ${id} is no longer kept; agentpool context history lists the versions that are`,
    EXIT.notFound,
  );
}

type Wanted = {
  readonly id: string;
  readonly version: number | undefined;
  readonly file: string | undefined;
};

/** Saves a version, or a file, as the next version. Overwrites nothing. */
async function restore(pool: OpenPool, { id, version, file }: Wanted) {
  if ((version === undefined) === (file === undefined))
    throw new CliError('restore needs either --version N or --file FILE', EXIT.usage);
  const value = file === undefined ? await read(pool, id, version ?? 0) : await readJson(file);
  const after = await pool.contexts.restore(id);
  const saved = await pool.contexts.save(id, {
    after,
    value,
    by: { taskId: `restored-${randomUUID()}`, result: { kind: 'inline', json: 'null' } },
  });
  if (saved.kind === 'conflict')
    throw new CliError(
      `${id} was updated in the meantime, and nothing was restored: stop sending to it, then retry`,
    );
  return {
    text: `${id} restored from ${file ?? `version ${version}`} as version ${after.version + 1}`,
    value: { contextId: id, version: after.version + 1 },
  };
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CliError(`${file}: file not found`);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(`${file}: invalid JSON: ${(error as Error).message}`);
  }
}
