// Covers: cli/logs/cloudwatch-logs.ts
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
  expect(ofTask.filter(linesOfTask('task-1')).map(({ text }) => text)).toEqual([
    JSON.stringify(started),
    'working',
  ]);
});
