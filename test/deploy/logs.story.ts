// Covers: cli/logs/cloudwatch-logs.ts, console/deployed/agent-logs.ts
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cloudWatchLogs } from '../../cli/logs/cloudwatch-logs.ts';
import type { LogReader, LogSelection } from '../../cli/logs/log-event.ts';
import { linesOfTask } from '../../cli/logs/log-line.ts';
import { agentLogs } from '../../console/deployed/agent-logs.ts';
import { type MotoServer, startMoto } from './moto-server.ts';

let moto: MotoServer;
let client: CloudWatchLogsClient;
const group = 'agents-of-echo';

beforeAll(async () => {
  moto = await startMoto();
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  client = new CloudWatchLogsClient({ endpoint: moto.endpoint, region: 'us-east-1', credentials });
  await client.send(new CreateLogGroupCommand({ logGroupName: group }));
});
afterAll(() => moto.close());

test('logs of a pool, an agent and a task are read from CloudWatch, each line once', async () => {
  const functions = { scaler: 'none', reconciler: 'none', compactor: 'none' };
  const sinceMs = Date.now() - 60_000;
  const readerOf = (selection: LogSelection) =>
    cloudWatchLogs({ client, groups: { pools: { echo: group }, functions }, selection, sinceMs });
  const write = async (agentId: string, ...lines: readonly (string | object)[]) => {
    const stream = { logGroupName: group, logStreamName: `echo/agent/${agentId}` };
    await client.send(new CreateLogStreamCommand(stream)).catch(() => {});
    const logEvents = lines.map((each, index) => ({
      timestamp: sinceMs + index,
      message: typeof each === 'string' ? each : JSON.stringify(each),
    }));
    await client.send(new PutLogEventsCommand({ ...stream, logEvents }));
  };
  const started = { level: 'INFO', message: 'task started', taskId: 'task-1', attempt: 1 };
  await write('one', 'before', started, 'working');
  await write('two', 'elsewhere');
  const texts = async (reader: LogReader) => (await reader.next()).map(({ text }) => text);

  const pool = readerOf({ kind: 'pool', pool: 'echo' });
  expect((await texts(pool)).toSorted()).toEqual(
    ['before', 'elsewhere', 'working', JSON.stringify(started)].toSorted(),
  );
  await write('two', 'later');
  expect(await texts(pool)).toEqual(['later']);
  expect(await texts(readerOf({ kind: 'agent', pool: 'echo', id: 'two' }))).toEqual(['elsewhere', 'later']);
  const [first] = await readerOf({ kind: 'agent', pool: 'echo', id: 'two' }).next();
  expect(first?.source).toEqual({ kind: 'agent', pool: 'echo', id: 'two' });
  const ofTask = await readerOf({ kind: 'task', pool: 'echo', id: 'task-1' }).next();
  expect(linesOfTask('task-1')(ofTask).map(({ text }) => text)).toEqual([JSON.stringify(started), 'working']);
});

test("the console's lanes are read from CloudWatch, and what is logged later is added", async () => {
  const nowMs = Date.now();
  const stream = { logGroupName: group, logStreamName: 'echo/agent/three' };
  await client.send(new CreateLogStreamCommand(stream));
  const write = async (secondsAgo: number, fields: object) => {
    const timestamp = nowMs - 1000 * secondsAgo;
    const line = {
      level: 'INFO',
      timestamp: new Date(timestamp).toISOString(),
      pool: 'echo',
      agent: 'three',
      ...fields,
    };
    const logEvents = [{ timestamp, message: JSON.stringify(line) }];
    await client.send(new PutLogEventsCommand({ ...stream, logEvents }));
  };
  await write(50, { message: 'ready', launchedAtMs: nowMs - 90_000 });
  await write(40, { message: 'task started', taskId: 'task-3', contextId: 'c', attempt: 1 });
  const logs = { kind: 'groups', groups: { pools: { echo: group }, functions: {} as never } } as const;
  const { lanes, attemptsAt } = agentLogs(client, { logs });
  const range = { fromMs: nowMs - 600_000, toMs: nowMs };
  const lane = async () => (await lanes('echo', range)).find(({ id }) => id === 'three');
  expect(await lane()).toMatchObject({
    launchedAtMs: nowMs - 90_000,
    readyAtMs: nowMs - 50_000,
    attempts: [{ taskId: 'task-3', contextId: 'c', startedAtMs: nowMs - 40_000 }],
  });
  await write(1, {
    message: 'task completed',
    taskId: 'task-3',
    outcome: { kind: 'completed', durationMs: 39_000 },
  });
  const later = await lanes('echo', { ...range, toMs: nowMs + 5_000 });
  expect(later.find(({ id }) => id === 'three')?.attempts).toMatchObject([{ outcome: 'completed' }]);
  expect(await attemptsAt('echo', 'task-3', range)).toMatchObject([
    { agentId: 'three', endedAtMs: nowMs - 1_000 },
  ]);
});
