// Covers: agent/main.ts, agent/ecs-endpoints.ts, agent/telemetry.ts, agent/handlers/replay.ts, functions/scale/handler.ts, functions/compact/handler.ts
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test, vi } from 'vitest';
import { startTestStack } from '../emulated/stack.ts';

/** Real processes: agents that ECS starts, and the scaler's own handler in a process of its own. */
const stack = await startTestStack(
  {
    handler: './agent/handlers/replay.ts',
    min: 1,
    max: 3,
    tickSeconds: 1,
    visibilitySeconds: 3,
    heartbeatSeconds: 1,
    cooldownSeconds: 0,
    scaleInStabilizationSeconds: 2,
    stopTimeoutSeconds: 10,
  },
  100,
);
afterAll(() => stack.close());

const ecsTasks = () => [...stack.stack.ecs.scheduler.tasks.values()];
const turn = (from: number, durationSeconds: number) => ({
  contextId: 'conversation',
  payload: { durationSeconds, from, messages: [{ n: from }] },
});

test('a task whose agent is killed completes on another one, once, from the last snapshot', async () => {
  const first = await stack.client.sendTask(turn(0, 0));
  await stack.client.waitForTask(first, 40_000);
  const second = await stack.client.sendTask(turn(1, 1.5));
  const victim = await vi.waitFor(
    async () => {
      const record = await stack.tasks.get(second);
      if (record?.status !== 'running') throw new Error('not running yet');
      return record.agentId;
    },
    { timeout: 60_000 },
  );
  stack.stack.ecs.scheduler.tasks.get(victim)?.process?.kill('SIGKILL');
  const task = await stack.client.waitForTask(second, 40_000);
  expect(task).toMatchObject({ status: 'done', record: { attempts: 2 } });
  expect(task.status === 'done' && task.record.status === 'done' && task.record.agentId).not.toBe(victim);
  expect(await stack.contexts.restore('conversation')).toMatchObject({
    version: 2,
    value: { messages: [{ n: 0 }, { n: 1 }] },
  });
});

test('the scaler grows the pool for a backlog and then drains only idle agents', async () => {
  const scaler = stack.function('scale');
  const run = scaler.invoke({});
  const tasks = Array.from({ length: 8 }, () => ({ payload: { durationSeconds: 1, from: 0, messages: [] } }));
  const ids = await stack.client.sendTasks(tasks);
  await vi.waitFor(() => expect(ecsTasks().filter((task) => task.lastStatus === 'RUNNING')).toHaveLength(3), {
    timeout: 60_000,
  });
  for (const id of ids) expect(await stack.client.waitForTask(id, 40_000)).toMatchObject({ status: 'done' });
  await vi.waitFor(() => expect(ecsTasks().filter((task) => task.lastStatus !== 'STOPPED')).toHaveLength(1), {
    timeout: 60_000,
  });
  const scaledIn = ecsTasks().filter((task) => task.stopCode === 'ServiceSchedulerInitiated');
  expect(scaledIn).toHaveLength(2);
  const { instances } = await stack.store.instances();
  const left = instances.filter(({ id }) => scaledIn.some((task) => task.id === id));
  expect(left.map(({ status, interruptedTasks }) => ({ status, interruptedTasks }))).toEqual([
    { status: 'stopped', interruptedTasks: undefined },
    { status: 'stopped', interruptedTasks: undefined },
  ]);
  await scaler.close();
  await run;
  // What middy's middleware adds to each line, and the metrics: both come out of the handler that is deployed.
  const log = await readFile(join(stack.logDirectory, `${scaler.logicalId}.log`), 'utf8');
  const lines = log.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as object] : []));
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 'INFO', function_request_id: expect.any(String) }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ Pool: 'test', DesiredCount: 3, AgentsBusy: expect.any(Number) }),
  );
});

test('agentpool send --wait sends a task and prints its result', async () => {
  const payload = JSON.stringify({ durationSeconds: 0, from: 0, messages: [{ n: 0 }] });
  const args = ['send', 'test', payload, '--outputs', stack.stack.outputsFile, '--context', 'sent', '--wait'];
  const { stdout } = await promisify(execFile)(process.execPath, ['cli/main.ts', ...args]);
  expect(JSON.parse(stdout)).toEqual({ messages: 1 });
  expect(await stack.contexts.restore('sent')).toMatchObject({ version: 1 });
});

test("the compactor's function and command compact contexts through the emulators", async () => {
  const compactor = stack.function('compact');
  const before = await stack.contexts.restore('conversation');
  await compactor.invoke({ pool: 'test', dryRun: true });
  await compactor.invoke({ pool: 'test' });
  const args = ['compact', 'test', '--outputs', stack.stack.outputsFile, '--dry-run'];
  const { stdout } = await promisify(execFile)(process.execPath, ['cli/main.ts', ...args]);
  expect(JSON.parse(stdout)).toMatchObject({ contexts: 2, merged: 0, unreadable: [] });
  expect(await stack.contexts.restore('conversation')).toMatchObject({
    version: before.version,
    value: before.value,
  });
});

test('no log contains the content of tasks, contexts or results, and a thrown error is one line of it', async () => {
  const secret = 'correct-horse-battery-staple';
  const turn = { durationSeconds: 0, from: 0, messages: [{ secret }] };
  const done = await stack.client.sendTask({ contextId: 'secretive', payload: turn });
  expect(await stack.client.waitForTask(done, 40_000)).toMatchObject({ status: 'done' });
  // The handler's complaint about it has several lines.
  const refused = await stack.client.sendTask({ payload: { ...turn, durationSeconds: secret } });
  await vi.waitFor(async () => expect((await stack.tasks.get(refused))?.lastFailure).toContain('\n'), {
    timeout: 60_000,
  });
  const logs = (await readdir(stack.logDirectory)).filter((name) => name.endsWith('.log'));
  const lines = await Promise.all(logs.map((name) => readFile(join(stack.logDirectory, name), 'utf8')));
  expect(lines.join('')).toContain(refused);
  expect(lines.join('')).not.toContain(secret);
  for (const line of lines.join('').split('\n')) expect(line).toMatch(/^(\{.*\})?$/);
});
