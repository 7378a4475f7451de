import { keyOf, keyStatements } from './keys.ts';
import { admitsService, statementsOf } from './policies.ts';
import type { Finding, Rule } from './rule.ts';
import { type Found, listOf, property, references, resourcesOf, type Template } from './template.ts';

const CLOUDWATCH = 'cloudwatch.amazonaws.com';
const ACTIONS = ['AlarmActions', 'OKActions', 'InsufficientDataActions'];

export const alarmsReachTheirTopic: Rule = {
  id: 'alarms-reach-their-topic',
  description:
    'CloudWatch publishes to a topic only if the topic’s policy and the policy of its key admit it, and drops the ' +
    'notification otherwise. A topic without a policy has a default that does. A policy of any kind replaces it, even ' +
    'one that only denies access without TLS: allow sns:Publish to cloudwatch.amazonaws.com in it, and kms:Decrypt and ' +
    'kms:GenerateDataKey* in the policy of the key.',
  check: (template) =>
    resourcesOf(template, 'AWS::SNS::Topic')
      .filter((topic) => hasAlarms(template, topic))
      .flatMap((topic) => [...checkTopic(template, topic), ...checkKey(template, topic)]),
};

function hasAlarms(template: Template, topic: Found): boolean {
  return resourcesOf(template, 'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm').some((alarm) =>
    ACTIONS.some((name) => references(property(alarm, name)).has(topic.id)),
  );
}

function checkTopic(template: Template, { id }: Found): readonly Finding[] {
  const policies = resourcesOf(template, 'AWS::SNS::TopicPolicy', 'AWS::SNS::TopicInlinePolicy').filter(
    (policy) =>
      [...listOf(property(policy, 'Topics')), property(policy, 'TopicArn')].some((topic) =>
        references(topic).has(id),
      ),
  );
  if (policies.length === 0) return [];
  const statements = policies.flatMap((policy) => statementsOf(property(policy, 'PolicyDocument')));
  if (admitsService(statements, [CLOUDWATCH], 'sns:Publish')) return [];
  return [
    {
      logicalId: id,
      message: `Alarms cannot notify this topic: its policy does not allow sns:Publish to ${CLOUDWATCH}`,
    },
  ];
}

function checkKey(template: Template, topic: Found): readonly Finding[] {
  const key = keyOf(template, topic);
  if (key === undefined) return [];
  const missing = ['kms:Decrypt', 'kms:GenerateDataKey'].filter(
    (action) => !admitsService(keyStatements(template, key), [CLOUDWATCH], action),
  );
  if (missing.length === 0) return [];
  return [
    {
      logicalId: topic.id,
      message: `Alarms cannot notify this topic: the policy of its key ${key} does not allow ${missing.join(' and ')} to ${CLOUDWATCH}`,
    },
  ];
}
