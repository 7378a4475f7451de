// Covers: cli/commands/context-delete.ts, cli/confirm.ts, shared/aws/dynamo-context-tasks.ts
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, expect, test, vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { dynamoClient, s3Client } from '../../shared/aws/clients.ts';
import { startTestStack } from '../emulated/stack.ts';

const stack = await startTestStack(
  { handler: './agent/handlers/replay.ts', min: 1, max: 1, maxAttempts: 1, visibilitySeconds: 5 },
  100,
);
afterAll(() => stack.close());

async function agentpool(...args: string[]) {
  const [said, warned]: [string[], string[]] = [[], []];
  const status = await run([...args, '--json', '--outputs', stack.stack.outputsFile], {
    say: (text) => void said.push(text),
    warn: (text) => void warned.push(text),
  });
  return { status, said: said.join('\n'), warned: warned.join('\n') };
}

/** In keys: `customer!2B7!40example.com`. */
const CUSTOMER = 'customer+7@example.com';
const SECRET = 'a secret of customer 7';
const turn = (from: number, text = SECRET) => ({
  durationSeconds: 0,
  from,
  messages: [{ text: text.repeat(3_000) }],
});

/** An agent's record names the conversation that it worked on last, and nothing of its content. */
const belongs = (json: string, pk: string) =>
  json.includes(SECRET) || (json.includes('customer') && !pk.startsWith('POOL#'));

/** Every item and every object that has the secret, or belongs to the conversation. */
async function found(): Promise<readonly string[]> {
  const { tableName, bucketName } = stack.stack.outputs;
  const { Items = [] } = await dynamoClient().send(new ScanCommand({ TableName: tableName }));
  const items = Items.filter((item) => belongs(JSON.stringify(item), String(item['pk']))).map(
    ({ pk, sk }) => `${pk} ${sk}`,
  );
  const s3 = s3Client();
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucketName }));
  const objects = Contents.map(({ Key = '' }) => Key);
  const kept = await Promise.all(
    objects.map(async (Key) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucketName, Key }));
      const text = (await Body?.transformToString()) ?? '';
      return Key.includes('customer') || text.includes(SECRET) ? [Key] : [];
    }),
  );
  return [...items, ...kept.flat()].filter((each) => !each.includes('other'));
}

async function keysOf(Prefix: string): Promise<readonly (string | undefined)[]> {
  const { bucketName: Bucket } = stack.stack.outputs;
  const { Contents = [] } = await s3Client().send(new ListObjectsV2Command({ Bucket, Prefix }));
  return Contents.map(({ Key }) => Key);
}

test('context delete leaves nothing of a conversation behind, and nothing else goes', async () => {
  const send = (id: string, payload: object, contextId = CUSTOMER) =>
    stack.client.sendTask({ id, contextId, payload });
  await send('first/1', turn(0));
  await send('second', turn(1));
  await send('other-1', turn(0, 'text of others'), 'other');
  // Its keys begin like those of `second`.
  await send('second.json', turn(0, 'text of others'), 'other-2');
  for (const id of ['first/1', 'second', 'other-1']) await stack.client.waitForTask(id, 60_000);
  await send('wrong', turn(9));
  await stack.client.waitForTask('wrong', 60_000);
  await vi.waitFor(async () => expect((await agentpool('dead', 'list', 'test')).said).toContain('wrong'), {
    timeout: 60_000,
    interval: 500,
  });
  expect((await found()).length).toBeGreaterThan(6);

  expect(await agentpool('context', 'delete', 'test', CUSTOMER)).toMatchObject({
    status: 2,
    warned: expect.stringContaining(
      'the context customer+7@example.com and its 3 tasks: add --yes to confirm',
    ),
  });
  const { status, said } = await agentpool('context', 'delete', 'test', CUSTOMER, '--yes');
  expect(status).toBe(0);
  expect(JSON.parse(said)).toMatchObject({ versions: 2, tasks: 3, taskObjects: 3, deadLetters: 1 });

  expect(await found()).toEqual([]);
  expect((await keysOf('payloads/')).map((key) => key?.split('/')[2]).toSorted()).toEqual([
    'other-1',
    'second.json',
  ]);
  expect((await stack.contexts.restore('other')).version).toBe(1);
  expect(await agentpool('context', 'delete', 'test', CUSTOMER, '--yes')).toMatchObject({ status: 3 });
});

test('context delete refuses while a task of the conversation is not finished', async () => {
  await stack.client.sendTask({ id: 'slow', contextId: 'busy', payload: { ...turn(0), durationSeconds: 3 } });
  const { status, warned } = await agentpool('context', 'delete', 'test', 'busy', '--yes');
  expect({ status, warned }).toEqual({ status: 1, warned: expect.stringContaining('(slow)') });
  await stack.client.waitForTask('slow', 60_000);
});
