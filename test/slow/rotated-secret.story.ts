// Covers: cli/commands/deploy-agents.ts, cli/follow-deployment.ts, shared/core/surplus.ts
import { expect, test } from 'vitest';
import { run } from '../../cli/run.ts';
import { deployedPool } from '../emulated/deployed-pool.ts';

const { stack, soon, agents, send, describeService, settled } = deployedPool();

test('after a secret was rotated, deploy-agents replaces all agents and interrupts no task', async () => {
  const before = await settled();
  const { primary } = await describeService();
  // Longer than new agents take to get ready, so that they meet an old one at work.
  const long = await send(6);
  await soon(async () => expect(await agents('busy')).toHaveLength(1));

  const said: string[] = [];
  const output = {
    say: (text: string) => void said.push(text),
    warn: (text: string) => void said.push(text),
  };
  const args = ['deploy-agents', 'test', '--wait', '--outputs', stack().stack.outputsFile];
  expect(await run(args, output)).toBe(0);
  expect(said.join('\n')).toContain('every agent of test was replaced');

  expect(await stack().client.waitForTask(long, 60_000)).toMatchObject({
    status: 'done',
    record: { attempts: 1 },
  });
  const after = await settled();
  expect(after.filter((id) => before.includes(id))).toEqual([]);
  // All that stopped are the two of before, and no task was interrupted.
  const stopped = (await agents('stopped', 'lost')).map(({ id, status, interruptedTasks }) => ({
    isOld: before.includes(id),
    status,
    interruptedTasks,
  }));
  expect(stopped).toEqual(Array(2).fill({ isOld: true, status: 'stopped', interruptedTasks: undefined }));
  // The task definition is the same.
  expect((await describeService()).taskDefinition).toBe(primary?.taskDefinition);
});
