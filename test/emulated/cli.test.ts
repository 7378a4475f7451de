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

/** Runs a command; JSON as its value. */
async function agentpool(...args: string[]) {
  const [said, warned]: [string[], string[]] = [[], []];
  const status = await run([...args, '--outputs', stack.stack.outputsFile], {
    say: (text) => void said.push(text),
    warn: (text) => void warned.push(text),
  });
  return { status, said: said.join('\n'), warned: warned.join('\n') };
}
async function told(...args: string[]) {
  const { status, said, warned } = await agentpool(...args, '--json');
  expect(warned).toBe('');
  expect(status).toBe(0);
  return JSON.parse(said);
}
const look = () => stack.function('scale').invoke({});
const turn = (from: number) => ({ durationSeconds: 0, from, messages: [{ n: from }] });

/** Waits until an agent is ready; answers with its id. */
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
  await look();
  await readyAgent();
}, 60_000);

describe('tasks', () => {
  test('are sent from a file, in their order, and waited for', async () => {
    const lines = [0, 1, 2].map((from) => JSON.stringify({ contextId: 'c', payload: turn(from) }));
    await writeFile(file('tasks.jsonl'), `${lines.join('\n')}\n\n`);
    const { status, said } = await agentpool('send', 'test', '--file', file('tasks.jsonl'), '--wait');
    expect({ status, said }).toEqual({ status: 0, said: '3 tasks done, 0 failed' });
  });

  test('of a file with a mistake are sent as far as the mistake, which is named with its line', async () => {
    const before = JSON.stringify({ id: 'before', payload: turn(0) });
    await writeFile(file('wrong.jsonl'), `${before}\n{"playload":2}\n${before}\n`);
    const { status, warned } = await agentpool('send', 'test', '--file', file('wrong.jsonl'));
    expect(status).toBe(1);
    expect(warned).toContain('wrong.jsonl, line 2: ');
    expect(await told('task', 'before')).toMatchObject({ id: 'before' });
  });

  test('tell what became of them, by their id alone', async () => {
    const result = await told(
      'send',
      'test',
      JSON.stringify(turn(3)),
      '--context',
      'c',
      '--id',
      'mine',
      '--wait',
    );
    expect(result).toEqual({ id: 'mine', status: 'done', result: { messages: 1 } });
    expect((await agentpool('task', 'mine')).said).toMatch(
      /mine.* in test: done\nsent .*\nstarted .*attempts {2}1/s,
    );
    expect(await told('task', 'mine')).toMatchObject({
      pool: 'test',
      status: 'done',
      result: { messages: 1 },
    });
  });

  test('that fail are told with their reason, by an exit status too', async () => {
    const { status, warned } = await agentpool(
      'send',
      'test',
      JSON.stringify(turn(7)),
      '--id',
      'bad',
      '--wait',
    );
    expect(status).toBe(1);
    expect(warned).toContain(
      'task bad failed: Error: the context holds 0 messages, this turn goes on from 7',
    );
  });
});

describe('what was given up', () => {
  test('is listed, shown, tried again as if it were new, and dropped', async () => {
    expect(await told('dead', 'list', 'test')).toMatchObject([
      { taskId: 'bad', reason: expect.stringContaining('goes on from 7') },
    ]);
    expect((await agentpool('dead', 'show', 'test', 'ba')).said).toContain('goes on from 7\n{');
    expect(await told('dead', 'redrive', 'test', 'bad')).toEqual({ redriven: ['bad'], refused: [] });
    await vi.waitFor(
      async () => expect(await told('task', 'bad')).toMatchObject({ status: 'failed', attempts: 2 }),
      {
        timeout: 60_000,
        interval: 500,
      },
    );
    await vi.waitFor(async () => expect(await told('dead', 'list', 'test')).toHaveLength(1), {
      timeout: 60_000,
      interval: 500,
    });
    const unasked = await agentpool('dead', 'drop', 'test');
    expect(unasked).toMatchObject({ status: 2, warned: expect.stringContaining('add --yes') });
    expect(await told('dead', 'drop', 'test', '--yes')).toEqual({ dropped: 1 });
    expect((await agentpool('dead', 'list', 'test')).said).toBe('the dead-letter queue is empty');
  });
});

describe('a conversation', () => {
  test('is shown in any version that is kept, exported, and goes on from an earlier one', async () => {
    expect(await told('context', 'show', 'test', 'c')).toEqual({
      messages: [0, 1, 2, 3].map((n) => ({ n })),
    });
    expect(await told('context', 'show', 'test', 'c', '--version', '2')).toEqual({
      messages: [{ n: 0 }, { n: 1 }],
    });
    const { versions } = await told('context', 'history', 'test', 'c');
    expect(versions.map(({ version }: { version: number }) => version)).toEqual([4, 3, 2, 1]);
    await told('context', 'export', 'test', 'c', '--version', '1', '--file', file('c.json'));
    expect(JSON.parse(await readFile(file('c.json'), 'utf8'))).toEqual({ messages: [{ n: 0 }] });
    expect(await told('context', 'restore', 'test', 'c', '--version', '2')).toEqual({
      contextId: 'c',
      version: 5,
    });
    // The agent's next turn finds it so.
    await told('send', 'test', JSON.stringify(turn(2)), '--context', 'c', '--wait');
    expect(await stack.contexts.restore('c')).toMatchObject({
      version: 6,
      value: { messages: [{ n: 0 }, { n: 1 }, { n: 2 }] },
    });
  });

  test('that does not exist is told so', async () => {
    expect(await agentpool('context', 'show', 'test', 'none')).toMatchObject({ status: 3 });
    expect(await agentpool('context', 'show', 'test', 'c', '--version', '99')).toMatchObject({ status: 3 });
  });
});

describe('the pool', () => {
  test('shows its queue, its agents and its latest decision', async () => {
    await readyAgent();
    expect(await told('status')).toMatchObject([
      {
        name: 'test',
        queue: { visible: 0 },
        service: { desired: 1 },
        agents: [{ status: 'ready' }],
        mode: { kind: 'automatic' },
      },
    ]);
    expect((await agentpool('status', 'test')).said).toMatch(
      /\| pool \| visible .*\n.*\n\| test \|.*automatic \|\n\n.*test.*hold at 1/s,
    );
  });

  test('explains a decision: what it saw, what each policy wanted, what decided', async () => {
    await look();
    const { said } = await agentpool('explain', 'test');
    for (const part of ['read ', 'forecast', 'wanted    predictive', 'decided', 'outcome'])
      expect(said).toContain(part);
    expect(await agentpool('explain', 'test', '--at', '2020-01-01')).toMatchObject({ status: 3 });
    expect(await agentpool('explain', 'test', '--at', 'yesterday')).toMatchObject({ status: 2 });
  });

  test('gives its decisions, and its arrivals as a trace that the backtest reads', async () => {
    const decisions = await told('history', 'test', '--all');
    expect(decisions.length).toBeGreaterThanOrEqual(2);
    await told('history', 'test', '--export', file('decisions.jsonl'));
    expect((await readFile(file('decisions.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(
      decisions.length,
    );
    const minute = Math.floor(Date.now() / 60_000) - 10;
    await stack.history.add([{ minute, arrivals: 4, completed: 2, durationMs: 5_000 }]);
    await told('history', 'test', '--export', file('trace.csv'));
    const trace = await readTrace(file('trace.csv'));
    expect(trace.filter(({ durationSeconds }) => durationSeconds === 2.5)).toHaveLength(4);
  });

  test('lets one agent go, and gets another', async () => {
    const agent = await readyAgent();
    expect(await told('drain', agent.slice(0, 8))).toMatchObject({ agent, outcome: 'draining' });
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

  test('has a page in CloudWatch', async () => {
    expect(await told('dashboard', 'test', '--print', '--region', 'eu-west-1')).toEqual({
      url: 'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/Agentpool-test',
    });
  });
});

describe('a configuration', () => {
  test('is written with comments, not over another, and is right', async () => {
    const name = file('pools.config.ts');
    await told('init', name);
    expect(await agentpool('init', name)).toMatchObject({
      status: 1,
      warned: expect.stringContaining('--force'),
    });
    const text = await readFile(name, 'utf8');
    await writeFile(name, text.replace('./shared/', `${process.cwd()}/shared/`));
    // What is commented out is right as well.
    const all = file('all.config.ts');
    const uncommented = (await readFile(name, 'utf8')).replace(
      /^ {4}\/\/ (?=(budget|schedule|agent|capacity): )/gm,
      '',
    );
    await writeFile(all, uncommented);
    expect(uncommented).toMatch(/^budget: .*^schedule: .*^agent: .*^capacity: /ms);
    expect(await told('check', all, '--offline')).toMatchObject([{ verdict: 'good' }]);
    expect(await told('check', name, '--offline')).toEqual([
      { what: 'configuration', verdict: 'good', text: 'support: 1 to 20 agents of ./agent/handlers/echo.ts' },
    ]);
  });
});

describe('wrong usage', () => {
  test.each([
    [['statsu'], 2, 'Did you mean status?'],
    [['pin', 'test'], 2, 'Not enough'],
    [['status', 'none'], 3, 'unknown pool "none" (pools: test)'],
    [['status', '--stack', 'None'], 3, 'unknown stack "None"'],
    [['task', 'none'], 3, 'unknown task "none"'],
    [['send', 'test', '{'], 1, 'expected JSON'],
    [['send', 'test'], 2, '--file FILE'],
  ])('%j ends with %i and says what to do', async (args, status, message) => {
    const ended = await agentpool(...args);
    expect(ended).toMatchObject({ status, said: '' });
    expect(ended.warned).toContain(message);
  });
});
