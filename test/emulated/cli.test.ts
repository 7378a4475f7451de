// Covers: cli/run.ts, cli/commands/send.ts, cli/commands/task.ts, cli/commands/dead.ts, cli/commands/context.ts, cli/commands/status.ts, cli/commands/explain.ts, cli/commands/history.ts, cli/commands/drain.ts, cli/commands/dashboard.ts, cli/commands/init.ts, cli/commands/check.ts
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { readTrace } from '../../shared/tasks/trace.ts';
import { startTestStack } from './stack.ts';

/** The command line on a stack of its own, with agents that are real processes, used as its users do. */
const stack = await startTestStack(
  {
    handler: './agent/handlers/replay.ts',
    min: 1,
    max: 2,
    tickSeconds: 60,
    cooldownSeconds: 0,
    maxAttempts: 1,
    visibilitySeconds: 5,
  },
  100,
);
const directory = await mkdtemp(join(tmpdir(), 'agentpool-cli-'));
const file = (name: string) => join(directory, name);
afterAll(async () => {
  await stack.close();
  await rm(directory, { recursive: true });
});

/** Runs a command. Returns its exit status, output and warnings. */
async function agentpool(...args: string[]) {
  const [said, warned]: [string[], string[]] = [[], []];
  const status = await run([...args, '--outputs', stack.stack.outputsFile], {
    say: (text) => void said.push(text),
    warn: (text) => void warned.push(text),
  });
  return { status, said: said.join('\n'), warned: warned.join('\n') };
}
/** Runs a command that has to succeed. Returns its JSON output. */
async function outputOf(...args: string[]) {
  const { status, said, warned } = await agentpool(...args, '--json');
  expect(warned).toBe('');
  expect(status).toBe(0);
  return JSON.parse(said);
}
const tick = () => stack.function('scale').invoke({});
const turn = (from: number) => ({ durationSeconds: 0, from, messages: [{ n: from }] });

/** Waits until an agent is ready. Returns its ID. */
async function readyAgent(): Promise<string> {
  return vi.waitFor(
    async () => {
      const { instances } = await stack.store.instances();
      const ready = instances.find(({ status }) => status === 'ready');
      if (!ready) throw new Error(`no agent is ready: ${instances.map(({ status }) => status).join()}`);
      return ready.id;
    },
    { timeout: 60_000, interval: 500 },
  );
}

beforeAll(async () => {
  await tick();
  await readyAgent();
}, 60_000);

describe('tasks', () => {
  test('send sends the tasks of a file in order and waits for them', async () => {
    const lines = [0, 1, 2].map((from) => JSON.stringify({ contextId: 'c', payload: turn(from) }));
    await writeFile(file('tasks.jsonl'), `${lines.join('\n')}\n\n`);
    const { status, said } = await agentpool('send', 'test', '--file', file('tasks.jsonl'), '--wait');
    expect({ status, said }).toEqual({ status: 0, said: '3 tasks done, 0 failed' });
  });

  test('send stops at an invalid line of a file and names it', async () => {
    const before = JSON.stringify({ id: 'before', payload: turn(0) });
    await writeFile(file('wrong.jsonl'), `${before}\n{"playload":2}\n${before}\n`);
    const { status, warned } = await agentpool('send', 'test', '--file', file('wrong.jsonl'));
    expect(status).toBe(1);
    expect(warned).toContain('wrong.jsonl, line 2: ');
    expect(await outputOf('task', 'before')).toMatchObject({ id: 'before' });
  });

  test('task shows the status of a task by its ID alone', async () => {
    const result = await outputOf('send', 'test', JSON.stringify(turn(0)), '--id', 'mine', '--wait');
    expect(result).toEqual({ id: 'mine', status: 'done', result: { messages: 1 } });
    expect((await agentpool('task', 'mine')).said).toMatch(
      /mine.* in test: done\nsent .*\nstarted .*attempts {2}1/s,
    );
    expect(await outputOf('task', 'mine')).toMatchObject({
      pool: 'test',
      status: 'done',
      result: { messages: 1 },
    });
  });

  test('send --wait reports a failed task with its reason and exit status 1', async () => {
    const { status, warned } = await agentpool(
      'send',
      'test',
      JSON.stringify(turn(7)),
      '--id',
      'bad',
      '--wait',
    );
    expect(status).toBe(1);
    expect(warned).toContain('task bad failed: Error: the context holds 0 messages, expected 7');
  });
});

describe('the dead-letter queue', () => {
  test('dead lists, shows, redrives and drops failed tasks', async () => {
    const id = await stack.client.sendTask({ id: 'given-up', payload: turn(7) });
    await stack.client.waitForTask(id, 40_000);
    const listed = expect.objectContaining({ taskId: id, reason: expect.stringContaining('expected 7') });
    await vi.waitFor(async () => expect(await outputOf('dead', 'list', 'test')).toContainEqual(listed), {
      timeout: 60_000,
      interval: 500,
    });
    expect((await agentpool('dead', 'show', 'test', 'given')).said).toContain('expected 7\n{');
    expect(await outputOf('tasks', '--status', 'failed', '--since', '1h')).toContainEqual(
      expect.objectContaining({
        id,
        pool: 'test',
        status: 'failed',
        reason: expect.stringContaining('expected 7'),
      }),
    );
    expect((await agentpool('tasks', 'test', '--since', '0s')).said).toBe(
      'no tasks are queued or running or failed',
    );
    expect(await outputOf('dead', 'redrive', 'test', id)).toEqual({ redriven: [id], refused: [] });
    await vi.waitFor(
      async () => expect(await outputOf('task', id)).toMatchObject({ status: 'failed', attempts: 2 }),
      {
        timeout: 60_000,
        interval: 500,
      },
    );
    await vi.waitFor(async () => expect(await outputOf('dead', 'list', 'test')).toContainEqual(listed), {
      timeout: 60_000,
      interval: 500,
    });
    const unasked = await agentpool('dead', 'drop', 'test');
    expect(unasked).toMatchObject({ status: 2, warned: expect.stringContaining('add --yes') });
    expect(await outputOf('dead', 'drop', 'test', '--yes')).toEqual({ dropped: expect.any(Number) });
    expect((await agentpool('dead', 'list', 'test')).said).toBe('the dead-letter queue is empty');
  });
});

describe('a conversation', () => {
  test('context shows, exports and restores any stored version of a conversation', async () => {
    const turns = [0, 1, 2, 3].map((from) => ({ contextId: 'd', payload: turn(from) }));
    for (const id of await stack.client.sendTasks(turns)) await stack.client.waitForTask(id, 40_000);
    expect(await outputOf('context', 'show', 'test', 'd')).toEqual({
      messages: [0, 1, 2, 3].map((n) => ({ n })),
    });
    expect(await outputOf('context', 'show', 'test', 'd', '--version', '2')).toEqual({
      messages: [{ n: 0 }, { n: 1 }],
    });
    const { versions } = await outputOf('context', 'history', 'test', 'd');
    expect(versions.map(({ version }: { version: number }) => version)).toEqual([4, 3, 2, 1]);
    await outputOf('context', 'export', 'test', 'd', '--version', '1', '--file', file('d.json'));
    expect(JSON.parse(await readFile(file('d.json'), 'utf8'))).toEqual({ messages: [{ n: 0 }] });
    expect(await outputOf('context', 'restore', 'test', 'd', '--version', '2')).toEqual({
      contextId: 'd',
      version: 5,
    });
    // The agent's next turn finds it so.
    await outputOf('send', 'test', JSON.stringify(turn(2)), '--context', 'd', '--wait');
    expect(await stack.contexts.restore('d')).toMatchObject({
      version: 6,
      value: { messages: [{ n: 0 }, { n: 1 }, { n: 2 }] },
    });
  });

  test('context ends with status 3 for an unknown conversation or version', async () => {
    expect(await agentpool('context', 'show', 'test', 'none')).toMatchObject({ status: 3 });
    expect(await agentpool('context', 'show', 'test', 'd', '--version', '99')).toMatchObject({ status: 3 });
  });
});

describe('the pool', () => {
  test('status shows the queue, the agents and the latest decision of a pool', async () => {
    await readyAgent();
    expect(await outputOf('status')).toMatchObject([
      {
        name: 'test',
        queue: { visible: 0 },
        service: { desired: 1 },
        agents: [{ status: 'ready' }],
        slots: { used: 0, total: 1 },
        mode: { kind: 'automatic' },
      },
    ]);
    expect((await agentpool('status', 'test')).said).toMatch(
      /^pool +visible .* slots .*\ntest .* 0\/1 .*automatic\n\n.*test.*hold at 1/,
    );
  });

  test('explain shows what a decision observed, what each policy wanted and what decided', async () => {
    await tick();
    const { said } = await agentpool('explain', 'test');
    for (const part of ['read ', 'forecast', 'wanted    predictive', 'decided', 'outcome'])
      expect(said).toContain(part);
    expect(await agentpool('explain', 'test', '--at', '2020-01-01')).toMatchObject({ status: 3 });
    expect(await agentpool('explain', 'test', '--at', 'yesterday')).toMatchObject({ status: 2 });
  });

  test('history exports decisions, and arrivals as a trace for the backtest', async () => {
    await tick();
    const decisions = await outputOf('history', 'test', '--all');
    expect(decisions.length).toBeGreaterThanOrEqual(2);
    await outputOf('history', 'test', '--export', file('decisions.jsonl'));
    expect((await readFile(file('decisions.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(
      decisions.length,
    );
    const minute = Math.floor(Date.now() / 60_000) - 10;
    await stack.history.add([{ minute, arrivals: 4, completed: 2, durationMs: 5_000 }]);
    await outputOf('history', 'test', '--export', file('trace.csv'));
    const trace = await readTrace(file('trace.csv'));
    expect(trace.filter(({ durationSeconds }) => durationSeconds === 2.5)).toHaveLength(4);
  });

  test('drain drains one agent, and the pool gets another', async () => {
    const agent = await readyAgent();
    expect(await outputOf('drain', agent.slice(0, 8))).toMatchObject({ agent, outcome: 'draining' });
    expect(await readyAgent()).not.toBe(agent);
    await vi.waitFor(
      async () =>
        expect((await stack.store.instances()).instances.find(({ id }) => id === agent)?.status).toBe(
          'stopped',
        ),
      {
        timeout: 60_000,
        interval: 500,
      },
    );
  }, 120_000);

  test('a local stack has no CloudWatch dashboard, and dashboard says where there is one', async () => {
    const { status, warned } = await agentpool('dashboard', 'test');
    expect([status, warned]).toEqual([1, expect.stringContaining('agentpool console --local')]);
  });
});

describe('a configuration', () => {
  test('init writes a valid configuration with comments, and overwrites none', async () => {
    const name = file('pools.config.ts');
    await outputOf('init', name);
    expect(await agentpool('init', name)).toMatchObject({
      status: 1,
      warned: expect.stringContaining('--force'),
    });
    const text = await readFile(name, 'utf8');
    await writeFile(name, text.replace('./shared/', `${process.cwd()}/shared/`));
    // What is commented out is right as well.
    const all = file('all.config.ts');
    const uncommented = (await readFile(name, 'utf8')).replace(
      /^ {4}\/\/ (?=(concurrency|limits|budget|schedule|agent|capacity): )/gm,
      '',
    );
    await writeFile(all, uncommented);
    expect(uncommented).toMatch(/^concurrency: .*^limits: .*^budget: .*^schedule: .*^agent: .*^capacity: /ms);
    const slots = '4 slots each, limited by model: 4,000 requests and 400,000 tokens a minute';
    expect(await outputOf('check', all, '--offline')).toMatchObject([
      { verdict: 'good', text: `support: 1 to 20 agents of ./agent/handlers/echo.ts, ${slots}` },
      { verdict: 'good' },
    ]);
    expect(await outputOf('check', name, '--offline')).toEqual([
      { what: 'configuration', verdict: 'good', text: 'support: 1 to 20 agents of ./agent/handlers/echo.ts' },
      { what: 'handlers', verdict: 'good', text: './agent/handlers/echo.ts can be loaded' },
    ]);
  });
});

describe('wrong usage', () => {
  test('--version prints the version', async () => {
    expect((await agentpool('--version')).said).toBe(
      (JSON.parse(await readFile('package.json', 'utf8')) as { version: string }).version,
    );
  });

  test.each([
    [['statsu'], 2, 'unknown command "statsu". Did you mean status?'],
    [['pin', 'test'], 2, 'missing argument: agentpool pin <pool> <count>. See agentpool pin --help'],
    [['pin', 'test', 'many'], 2, 'invalid value of count: expected a number'],
    [['status', '--wach'], 2, 'unknown option --wach: did you mean --watch? See agentpool status --help'],
    [['status', 'none'], 3, 'unknown pool "none" (pools: test)'],
    [['status', '--stack', 'None'], 3, 'unknown stack "None"'],
    [['task', 'none'], 3, 'unknown task "none"'],
    [['tasks', '--status', 'done'], 2, 'expected queued, running, failed; agentpool task ID shows'],
    [['send', 'test', '{'], 1, 'expected JSON'],
    [['send', 'test'], 2, '--file FILE'],
  ])('the command %j ends with status %i and says what to do', async (args, status, message) => {
    const ended = await agentpool(...args);
    expect(ended).toMatchObject({ status, said: '' });
    expect(ended.warned).toContain(message);
  });
});
