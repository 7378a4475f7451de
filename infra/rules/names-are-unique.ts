import { prefixOfStack } from '../../shared/aws/resource-names.ts';
import type { Rule } from './rule.ts';
import { property, reference, resourcesOf, type Template, text } from './template.ts';

/** Explicit names that AWS accepts once in an account: in a region of it, or in all its regions. */
const NAMES: Readonly<Record<string, { readonly property: string; readonly onceIn: 'region' | 'account' }>> =
  {
    'AWS::CloudWatch::Dashboard': { property: 'DashboardName', onceIn: 'account' },
    'AWS::IAM::Role': { property: 'RoleName', onceIn: 'account' },
    'AWS::Events::Rule': { property: 'Name', onceIn: 'region' },
    'AWS::SQS::Queue': { property: 'QueueName', onceIn: 'region' },
    'AWS::DynamoDB::Table': { property: 'TableName', onceIn: 'region' },
    'AWS::SSM::Parameter': { property: 'Name', onceIn: 'region' },
    'AWS::SNS::Topic': { property: 'TopicName', onceIn: 'region' },
    'AWS::Lambda::Function': { property: 'FunctionName', onceIn: 'region' },
    'AWS::CloudWatch::Alarm': { property: 'AlarmName', onceIn: 'region' },
  };

export const namesAreUnique: Rule = {
  id: 'names-are-unique',
  description:
    'A second stack with the same explicit name fails to deploy, or silently overwrites the first one’s dashboard. ' +
    'Names are unique in an account and region; those of dashboards and roles, in an account. Leave the name to ' +
    'CloudFormation, or put the stack’s name (or its hash) in it, and the region where that matters.',
  check: (template) =>
    resourcesOf(template, ...Object.keys(NAMES)).flatMap((found) => {
      const named = NAMES[found.resource.Type];
      const value = named === undefined ? undefined : property(found, named.property);
      if (named === undefined || value === undefined) return [];
      const missing = [
        ...(has(text(value), namesOfStacks(template)) ? [] : ['the stack’s name']),
        ...(named.onceIn === 'region' || has(text(value), regions(template)) ? [] : ['the region']),
      ];
      if (missing.length === 0) return [];
      const message = `Another stack can have a resource with the name ${text(value)}: it lacks ${missing.join(' and ')}, and is unique in ${named.onceIn === 'region' ? 'an account and region' : 'an account, over all regions'}`;
      return [{ logicalId: found.id, message }];
    }),
};

function has(name: string, parts: readonly string[]): boolean {
  return parts.some((part) => name.includes(part));
}

function namesOfStacks({ stackNames }: Template): readonly string[] {
  return [...stackNames.map(prefixOfStack), reference('AWS::StackName'), reference('AWS::StackId')];
}

function regions({ region }: Template): readonly string[] {
  return [reference('AWS::Region'), ...(region === undefined ? [] : [region])];
}
