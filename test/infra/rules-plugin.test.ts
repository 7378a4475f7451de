// Covers: infra/rules/plugin.ts, infra/rules/rules.ts, infra/rules/rule.ts
import { App, RemovalPolicy, Stack, Stage, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { beforeEach, expect, test } from 'vitest';
import { AgentpoolRules } from '../../infra/rules/plugin.ts';

const DELETES = 'A deployment that replaces this resource deletes its data';

let app: App;
let stack: Stack;
let ours: Construct;
beforeEach(() => {
  // CDK’s own rules find fault with stacks that hold nothing.
  app = new App({ builtinCloudFormationValidation: false });
  stack = new Stack(app, 'Mine');
  ours = new Construct(stack, 'Ours');
});

/** The report of a failed synthesis. */
function report(): string {
  try {
    // Without `force`, a second synthesis returns the result of the first.
    app.synth({ force: true });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const count = (text: string) => report().split(text).length - 1;

test('a finding fails the synthesis and says which construct, what is wrong, why and how to acknowledge it', () => {
  new Queue(ours, 'Tasks');
  AgentpoolRules.check(ours);
  const text = report();
  expect(text).toContain(`ERROR ${DELETES}: its UpdateReplacePolicy is Delete, not Retain`);
  expect(text).toContain('Mine/Ours/Tasks/Resource');
  expect(text).toContain('A change of some properties');
  expect(text).toContain('agentpool::data-is-retained');
});

test('a template without faults is synthesized', () => {
  new Queue(ours, 'Tasks', { removalPolicy: RemovalPolicy.RETAIN });
  AgentpoolRules.check(ours);
  expect(report()).toBe('');
});

test('only what the constructs create that asked for it is checked', () => {
  new Queue(stack, 'Theirs');
  new Queue(new Stack(app, 'Other'), 'Theirs');
  AgentpoolRules.check(ours);
  expect(report()).toBe('');
});

test('a construct that is checked several times, also as a part of others, is reported once', () => {
  new Queue(ours, 'Tasks');
  for (const scope of [ours, stack, ours, app]) AgentpoolRules.check(scope);
  expect(count(DELETES)).toBe(1);
});

test('the constructs of a stage are reported once, with the name that their stack has in it', () => {
  const stage = new Stage(app, 'Prod');
  const staged = new Stack(stage, 'Staged');
  new Queue(staged, 'Named', { queueName: 'Prod-Staged-tasks', removalPolicy: RemovalPolicy.RETAIN });
  new Queue(staged, 'Tasks');
  AgentpoolRules.check(staged);
  AgentpoolRules.check(ours);
  expect(count('ERROR')).toBe(1);
  expect(report()).toContain('Prod/Staged/Tasks/Resource');
});

test('the region of a stack counts as a part of its names', () => {
  const regional = new Stack(app, 'Regional', { env: { region: 'eu-west-1' } });
  const role = (roleName: string) =>
    new Role(regional, roleName, { roleName, assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  role('Regional-eu-west-1');
  AgentpoolRules.check(regional);
  expect(report()).toBe('');
  role('Regional-us-east-1');
  expect(count('it lacks the region')).toBe(1);
});

test('a finding that is acknowledged with a reason does not fail the synthesis', () => {
  new Queue(ours, 'Tasks');
  AgentpoolRules.check(ours);
  Validations.of(ours).acknowledge({ id: 'agentpool::data-is-retained', reason: 'Only for a test.' });
  expect(report()).toBe('');
});

test('an action that this project does not know fails its own app, and nobody else’s', () => {
  const role = new Role(ours, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  role.addToPolicy(new PolicyStatement({ actions: ['s3:PutObjectRetention'], resources: ['*'] }));
  AgentpoolRules.check(stack);
  expect(report()).toBe('');
  AgentpoolRules.check(app);
  expect(count('unknown action s3:PutObjectRetention')).toBe(1);
});
