import { parseArgs } from 'node:util';
import { markdownTable } from 'markdown-table';
import { langGraphAgent } from '../../../agent/langgraph/agent.ts';
import type { Cached, ContextCache } from '../../../shared/contexts/cache.ts';
import { contexts } from '../../../shared/contexts/contexts.ts';
import { memoryContexts } from '../../../sim/aws/context-stores.ts';
import { NO_TOOLS } from '../../tools.ts';
import { virtualClock } from '../../unit/virtual-clock.ts';
import { CountingSaver } from './counting-saver.ts';
import { asked, type Channels, codingAgent } from './graph.ts';
import { codingWork, type WorkTurn } from './work.ts';

/**
 * `npm run bench:coding -- [--turns N] [--json]`: bytes written in all by a coding agent's conversation, whose tools
 * print 10 to 50 KB a turn: with agentpool, and with the layout of LangGraph's own saver.
 */
const { values } = parseArgs({
  options: { turns: { type: 'string', default: '200' }, json: { type: 'boolean', default: false } },
});
const turns = [...codingWork(Number(values.turns))];

type Row = {
  readonly layout: string;
  readonly channels: Channels;
  readonly bytes: number;
  readonly contextBytes: number;
  readonly cpuSeconds: number;
};

const rows: Row[] = [];
for (const channels of ['whole', 'delta'] as const) {
  rows.push(await measured('agentpool', channels, agentpool));
  rows.push(await measured("LangGraph's saver", channels, langgraph));
}
if (values.json) console.log(JSON.stringify(rows));
else {
  const [first] = rows;
  const cells = rows.map(({ layout, channels, bytes, contextBytes, cpuSeconds }) => [
    layout,
    channels === 'whole' ? 'reducers' : 'DeltaChannel',
    megabytes(bytes),
    `${(bytes / (first as Row).bytes).toFixed(1)}×`,
    megabytes(contextBytes),
    cpuSeconds.toFixed(0),
  ]);
  const header = ['stored by', 'channels', 'MB written', 'of agentpool', 'MB at the end', 'CPU s'];
  console.log(`${turns.length} turns of a coding agent\n\n${markdownTable([header, ...cells])}`);
}

type Written = { readonly bytes: number; readonly contextBytes: number };

async function measured(
  layout: string,
  channels: Channels,
  run: (channels: Channels) => Promise<Written>,
): Promise<Row> {
  const before = process.cpuUsage();
  const written = await run(channels);
  const { user, system } = process.cpuUsage(before);
  return { layout, channels, ...written, cpuSeconds: (user + system) / 1e6 };
}

/** Everything that a pool's agent writes: objects, pages, and the head in every version. */
async function agentpool(channels: Channels): Promise<Written> {
  const memory = memoryContexts();
  // Warm: the agent that has the context gets the next turn.
  const latest = new Map<string, Cached>();
  const cache: ContextCache = {
    get: async (id) => latest.get(id),
    set: async (id, cached) => void latest.set(id, cached),
  };
  const opened = contexts('bench', { ...memory, clock: virtualClock(), cache });
  let turn = turns[0] as WorkTurn;
  const agent = langGraphAgent((checkpointer) => codingAgent(channels, () => turn, checkpointer));
  let bytes = 0;
  let contextBytes = 0;
  for (const [index, each] of turns.entries()) {
    turn = each;
    const restored = await opened.restore('c');
    const task = { id: `${index}`, contextId: 'c', payload: asked(each), attempt: 1, progress: undefined };
    const { context } = await agent(task, restored.value, NO_TOOLS);
    const by = { taskId: task.id, result: { kind: 'inline', json: '""' } } as const;
    const saved = await opened.save('c', { after: restored, value: context, by });
    if (saved.kind === 'conflict') throw new Error('nobody else writes this context');
    const head = memory.stored.heads.get('c');
    // The tail is counted with the turns that made it.
    bytes += saved.bytesWritten + JSON.stringify({ ...head, chain: { ...head?.chain, tail: '' } }).length;
    contextBytes = saved.plainBytes;
  }
  return { bytes, contextBytes };
}

async function langgraph(channels: Channels): Promise<Written> {
  const saver = new CountingSaver();
  let turn = turns[0] as WorkTurn;
  const graph = codingAgent(channels, () => turn, saver);
  let last = 0;
  for (const each of turns) {
    turn = each;
    const state = await graph.invoke(asked(each) as never, { configurable: { thread_id: 'c' } });
    last = each === turns.at(-1) ? JSON.stringify(state).length : 0;
    // What is no longer the latest is on the disk, and not in this process.
    forgetAllBut(saver, channels === 'whole' ? 1 : 1_000);
  }
  return { bytes: saver.bytes, contextBytes: last };
}

function forgetAllBut({ storage }: CountingSaver, latest: number): void {
  for (const checkpoints of Object.values(storage).flatMap((namespaces) => Object.values(namespaces)))
    for (const id of Object.keys(checkpoints).sort().slice(0, -latest)) delete checkpoints[id];
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
