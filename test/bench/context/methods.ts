import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { MemorySaver } from '@langchain/langgraph-checkpoint';
import patching from 'fast-json-patch';
import * as z from 'zod';
import { contextCache } from '../../../shared/contexts/cache.ts';
import { bytesOf, contentHash } from '../../../shared/contexts/chain.ts';
import { contexts } from '../../../shared/contexts/contexts.ts';
import { patterns } from '../../../shared/contexts/patterns.ts';
import type { ContextHead } from '../../../shared/ports/context-store.ts';
import { patternKey } from '../../../shared/ports/object-keys.ts';
import { memoryContexts } from '../../../sim/aws/context-stores.ts';
import { virtualClock } from '../../unit/virtual-clock.ts';

/** List prices in dollars for a million, us-east-1, as remembered: S3 PUT and GET, a write and a read unit. */
const PRICE = { put: 5, get: 0.4, writeUnit: 0.625, readUnit: 0.125 } as const;

export const conversation = z.object({
  id: z.string(),
  messages: z.array(z.looseObject({ role: z.string() })),
});
export type Conversation = z.output<typeof conversation>;

export type Method = {
  readonly method: string;
  readonly bytesPerTurn: number;
  readonly requestsPerTurn: number;
  readonly cpuMsPerTurn: number;
  readonly usdPerMillionTurns: number;
  readonly coldRestore: { readonly bytes: number; readonly requests: number };
  readonly warmRestore: { readonly bytes: number; readonly requests: number };
  /** Of the head, for every write of it: hashes, sizes, keys. Reported beside the snapshot's bytes. */
  readonly headBytes?: number;
};

/** What the context holds after each message of the assistant. */
export function snapshotsOf({ messages }: Conversation): readonly (readonly unknown[])[] {
  return messages.flatMap(({ role }, index) => (role === 'assistant' ? [messages.slice(0, index + 1)] : []));
}

export async function agentpool(
  conversations: readonly Conversation[],
  pattern: Uint8Array,
): Promise<Method> {
  const memory = memoryContexts();
  const hash = contentHash(pattern);
  await memory.objects.put(patternKey('bench', hash), pattern);
  await memory.patternStore.setCurrent(hash, 0);
  const clock = virtualClock();
  const agent = (cached: boolean) =>
    contexts('bench', {
      ...memory,
      clock,
      patterns: patterns('bench', { ...memory, store: memory.patternStore, nowMs: () => 0 }),
      ...(cached && { cache: contextCache('/tmp/agentpool-bench-cache') }),
    });
  const warm = agent(true);
  const measure = meter();
  let written = 0;
  let units = 0;
  let headBytes = 0;
  const callsBefore = new Map(memory.calls);
  for (const conversation of conversations) {
    for (const [index, snapshot] of snapshotsOf(conversation).entries()) {
      const restored = await warm.restore(conversation.id);
      const by = { taskId: `${conversation.id}-${index}`, result: { kind: 'inline', json: '""' } } as const;
      measure.start();
      const saved = await warm.save(conversation.id, { after: restored, value: snapshot, by });
      measure.stop();
      if (saved.kind === 'conflict') throw new Error('conflict');
      const head = memory.stored.heads.get(conversation.id) as ContextHead;
      written += bytesWithoutHashes(head, saved.bytesWritten);
      headBytes += itemBytes(head);
      units += Math.ceil(itemBytes(head) / 1024);
    }
  }
  const turns = measure.turns();
  const calls = (call: string) => (memory.calls.get(call) ?? 0) - (callsBefore.get(call) ?? 0);
  const pageUnits = calls('putPage') * 2;
  const puts = calls('put');
  const requests = calls('read') + calls('advance') + calls('putPage') + puts + calls('get');
  const chains = conversations.map(({ id }) => (memory.stored.heads.get(id) as ContextHead).chain);
  const gets = chains.map(({ pages }) => 1 + pages.filter(({ place }) => place === 'object').length);
  await proveRestore(agent(false), conversations);
  return {
    method: 'agentpool',
    bytesPerTurn: written / turns,
    requestsPerTurn: requests / turns,
    cpuMsPerTurn: measure.milliseconds() / turns,
    usdPerMillionTurns: ((units + pageUnits) * PRICE.writeUnit + puts * PRICE.put) / turns + PRICE.readUnit,
    coldRestore: { bytes: mean(chains.map(bytesOf)), requests: 1 + mean(gets) },
    warmRestore: { bytes: 0, requests: 1 },
    headBytes: headBytes / turns,
  };
}

/** What was written for a version, without the 32 bytes of a link's hash: those are reported with the head. */
function bytesWithoutHashes(head: ContextHead, bytesWritten: number): number {
  return head.chain.base.version === head.version ? bytesWritten : bytesWritten - 32;
}

/** A cold agent restores, byte for byte, what was stored. */
async function proveRestore(cold: ReturnType<typeof contexts>, conversations: readonly Conversation[]) {
  for (const conversation of conversations) {
    const { value } = await cold.restore(conversation.id);
    const expected = snapshotsOf(conversation).at(-1);
    if (JSON.stringify(value) !== JSON.stringify(expected)) throw new Error('restored another context');
  }
}

export async function whole(
  method: string,
  conversations: readonly Conversation[],
  compress: (plain: Buffer) => Promise<Uint8Array>,
): Promise<Method> {
  const measure = meter();
  let written = 0;
  const last: number[] = [];
  for (const conversation of conversations) {
    let bytes = 0;
    for (const snapshot of snapshotsOf(conversation)) {
      measure.start();
      bytes = (await compress(Buffer.from(JSON.stringify(snapshot)))).length;
      measure.stop();
      written += bytes;
    }
    last.push(bytes);
  }
  return objectPerTurn(method, written, measure, mean(last), 1);
}

export async function jsonPatch(conversations: readonly Conversation[]): Promise<Method> {
  const measure = meter();
  let written = 0;
  const chains: number[] = [];
  const links: number[] = [];
  for (const conversation of conversations) {
    let before: readonly unknown[] = [];
    let chain = 0;
    const snapshots = snapshotsOf(conversation);
    for (const snapshot of snapshots) {
      measure.start();
      const patch = patching.compare(before as object[], snapshot as object[]);
      const content = await zstd(Buffer.from(JSON.stringify(patch)), 9);
      measure.stop();
      written += content.length;
      chain += content.length;
      before = snapshot;
    }
    chains.push(chain);
    links.push(snapshots.length);
  }
  return objectPerTurn('RFC 6902 patch, zstd', written, measure, mean(chains), mean(links));
}

/** The saver that comes with LangGraph: every checkpoint whole, as it serializes it. */
export async function langgraph(conversations: readonly Conversation[]): Promise<Method> {
  const saver = new MemorySaver();
  const measure = meter();
  let written = 0;
  const last: number[] = [];
  for (const conversation of conversations) {
    let config: Parameters<MemorySaver['put']>[0] = {
      configurable: { thread_id: conversation.id, checkpoint_ns: '' },
    };
    let bytes = 0;
    for (const [index, snapshot] of snapshotsOf(conversation).entries()) {
      const id = `1efb0000-0000-6000-8000-${String(index).padStart(12, '0')}`;
      const checkpoint = {
        v: 4,
        id,
        ts: new Date(0).toISOString(),
        channel_values: { messages: snapshot },
        channel_versions: { messages: index + 1 },
        versions_seen: {},
      };
      measure.start();
      config = await saver.put(config, checkpoint, { source: 'loop', step: index, parents: {} });
      measure.stop();
      const stored = saver.storage[conversation.id]?.['']?.[id];
      bytes = (stored?.[0].length ?? 0) + (stored?.[1].length ?? 0);
      written += bytes;
    }
    last.push(bytes);
  }
  return objectPerTurn('LangGraph saver', written, measure, mean(last), 1);
}

/** A method that reads the head, puts an object and writes a head of less than a kibibyte, each turn. */
function objectPerTurn(
  method: string,
  written: number,
  measure: ReturnType<typeof meter>,
  coldBytes: number,
  coldGets: number,
): Method {
  const turns = measure.turns();
  return {
    method,
    bytesPerTurn: written / turns,
    requestsPerTurn: 3,
    cpuMsPerTurn: measure.milliseconds() / turns,
    usdPerMillionTurns: PRICE.put + PRICE.writeUnit + PRICE.readUnit,
    coldRestore: { bytes: coldBytes, requests: 1 + coldGets },
    warmRestore: { bytes: coldBytes, requests: 1 + coldGets },
  };
}

export function zstd(plain: Uint8Array, level: number): Promise<Uint8Array> {
  return promisify(zstdCompress)(plain, { params: { [constants.ZSTD_c_compressionLevel]: level } });
}

/** CPU time of what lies between start and stop, of all threads. */
function meter() {
  let microseconds = 0;
  let turns = 0;
  let begun: NodeJS.CpuUsage | undefined;
  return {
    start: () => {
      begun = process.cpuUsage();
    },
    stop: () => {
      const { user, system } = process.cpuUsage(begun);
      microseconds += user + system;
      turns += 1;
    },
    turns: () => turns,
    milliseconds: () => microseconds / 1000,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** As DynamoDB counts, about: names and text by their bytes, a number by half of its digits. */
function itemBytes(value: unknown): number {
  if (value === undefined || value === null || typeof value === 'boolean') return 1;
  if (typeof value === 'string') return value.length;
  if (value instanceof Uint8Array) return value.length;
  if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 1;
  if (Array.isArray(value)) return value.reduce<number>((sum, part) => sum + itemBytes(part) + 1, 3);
  return Object.entries(value).reduce((sum, [key, part]) => sum + key.length + itemBytes(part) + 1, 3);
}
