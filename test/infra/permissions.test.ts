// Covers: infra/grants/grant-key.ts, infra/grants/grant-tasks.ts, infra/grants/acknowledge.ts
import type { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { beforeAll, describe, expect, test } from 'vitest';
import { stackOf, TWO_POOLS, templateOf } from './synthesize.ts';

type Statement = {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string[]>>>>;
};

let template: Template;
beforeAll(() => {
  template = templateOf(TWO_POOLS);
});

/** What the role of a function, or of a pool's agents, is allowed. */
const statementsOf = (role: string) => statementsIn(template, role);
function statementsIn(from: Template, role: string): readonly Statement[] {
  return Object.entries(from.findResources('AWS::IAM::Policy'))
    .filter(([id]) => id.includes(role))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as Statement[]);
}
const actionsOf = (role: string) => statementsOf(role).flatMap(({ Action }) => Action);
const partitionsOf = (role: string) =>
  statementsOf(role).flatMap(
    ({ Condition }) => Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? [],
  );
const ROLES = ['ScalerRole', 'ReconcilerRole', 'CompactorRole', 'AgentsTaskRole'];

describe('a role', () => {
  test('the scaler may change counts and protection and stop ECS tasks, and may not read tasks, start any or pass a role', () => {
    expect(actionsOf('ScalerRole')).toContain('ecs:UpdateService');
    expect(
      actionsOf('ScalerRole').filter((action) =>
        /^(sqs:(Receive|Delete|Send)|s3:|ecs:(Run|Start|Register)|iam:)/.test(action),
      ),
    ).toEqual([]);
    expect(partitionsOf('ScalerRole')).toEqual(['POOL#*', 'LIMIT#*']);
    const onLimits = statementsOf('ScalerRole').filter((each) => JSON.stringify(each).includes('LIMIT#'));
    expect(onLimits.map(({ Action }) => Action)).toEqual(['dynamodb:BatchGetItem']);
  });

  test('the reconciler may only close records, and count messages', () => {
    expect(
      actionsOf('ReconcilerRole').filter((action) => /^(dynamodb|sqs|ecs|s3|iam):/.test(action)),
    ).toEqual(['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:Query', 'sqs:GetQueueAttributes']);
    expect(partitionsOf('ReconcilerRole')).toEqual(['POOL#*', 'TASK#*#*']);
  });

  test('the compactor may not use any queue or service', () => {
    expect(actionsOf('CompactorRole')).toContain('s3:DeleteObject');
    expect(actionsOf('CompactorRole').filter((action) => /^(sqs|ecs|iam):/.test(action))).toEqual([]);
  });

  test('agents may use only the tasks, contexts and records of their own pool', () => {
    expect(partitionsOf('PoolorderedAgentsTaskRole')).toEqual([
      'POOL#ordered#AGENTS',
      'CONTEXT#ordered#*',
      'TASK#ordered#*',
      'POOL#ordered#PATTERNS',
    ]);
    const objects = statementsOf('PoolorderedAgentsTaskRole')
      .filter(({ Action }) => JSON.stringify(Action).includes('Object'))
      .map(({ Resource }) => JSON.stringify(Resource));
    expect(objects.length).toBeGreaterThan(0);
    for (const resource of objects) expect(resource).toMatch(/\/ordered\/\*/);
    expect(actionsOf('PoolorderedAgentsTaskRole')).not.toContain('s3:DeleteObject');
  });

  test('agents may lease from the limits of their own pool alone', () => {
    const limits = [{ name: 'models/large', perMinute: { tokens: 1_000 } }];
    const own = templateOf(TWO_POOLS.map((pool) => (pool.name === 'ordered' ? { ...pool, limits } : pool)));
    const granted = (role: string) =>
      statementsIn(own, role).filter((each) => JSON.stringify(each).includes('LIMIT#'));
    expect(granted('PoolorderedAgentsTaskRole')).toMatchObject([
      {
        Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['LIMIT#models/large'] } },
      },
    ]);
    expect(granted('PoolunorderedAgentsTaskRole')).toEqual([]);
  });

  test.each(ROLES)('the role %s has no action with a wildcard', (role) => {
    const actions = actionsOf(role);
    expect(actions.length).toBeGreaterThan(0);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  test.each(ROLES)('the role %s reads the whole table, or only its own partitions', (role) => {
    const ofTable = statementsOf(role).filter(({ Action }) => JSON.stringify(Action).includes('dynamodb:'));
    for (const { Action, Condition, Resource } of ofTable) {
      const isIndex = JSON.stringify(Resource).includes('/index/open');
      if (JSON.stringify(Action) !== '"dynamodb:Scan"' && !isIndex) expect(Condition).toBeDefined();
    }
  });
});

test.each([
  ['by default', {}],
  [
    'with your own key, image and address',
    {
      kmsKey: 'arn:aws:kms:us-east-1:111122223333:key/0d1c2b3a-1111-2222-3333-444455556666',
      image: 'public.ecr.aws/x/y:1',
      alarmEmail: 'ops@example.com',
    },
  ],
])('cdk-nag finds nothing that is not acknowledged with its reason, %s', (_, context) => {
  const { app, stack } = stackOf(TWO_POOLS, context);
  for (const pack of [new AwsSolutionsChecks(app), new ServerlessChecks(app)]) {
    const { violations } = pack.validateScope(stack);
    expect(violations).toEqual([]);
  }
});
