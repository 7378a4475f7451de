// Covers: cli/checks/changes.ts, cli/checks/finding.ts, cli/checks/quotas.ts, cli/checks/roles.ts, cli/checks/secrets.ts, cli/checks/names.ts, cli/commands/check.ts
import { expect, test } from 'vitest';
import { judged } from '../../cli/checks/changes.ts';
import { checked } from '../../cli/checks/finding.ts';

test('a deployment that replaces what holds data is found before it happens', () => {
  const diff = [
    'Resources',
    '[~] AWS::SQS::Queue Pool-echo/Tasks/Queue PoolechoTasksQueue0123 replace',
    ' └─ [~] FifoQueue (requires replacement)',
    '[~] AWS::ECS::TaskDefinition Pool-echo/Agents/TaskDefinition PoolechoAgents0123 replace',
  ].join('\n');
  expect(judged(diff)).toMatchObject({
    verdict: 'bad',
    text: expect.stringMatching(/^replaces AWS::SQS::Queue Pool-echo\/Tasks\/Queue: what is in the old one/),
  });
  expect(judged(diff.replace('AWS::SQS::Queue', 'AWS::ECS::Service'))).toMatchObject({ verdict: 'good' });
});

test('what the deployer may not read is not checked, and says why', async () => {
  const denied = () => Promise.reject(Object.assign(new Error('not yours'), { name: 'AccessDenied' }));
  expect(await checked('roles', denied)).toEqual({
    what: 'roles',
    verdict: 'not checked',
    text: 'AccessDenied: not yours',
  });
});
