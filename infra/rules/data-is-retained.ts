import type { Rule } from './rule.ts';
import { resourcesOf } from './template.ts';

export const dataIsRetained: Rule = {
  id: 'data-is-retained',
  description:
    'A change of some properties (the keys of a table, the type of a queue) replaces a resource, and CloudFormation ' +
    'deletes the old one with everything in it, unless its UpdateReplacePolicy is Retain. DeletionPolicy is only ' +
    'about resources that leave the template.',
  check: (template) =>
    resourcesOf(template, 'AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SQS::Queue')
      .filter(({ resource }) => resource.UpdateReplacePolicy !== 'Retain')
      .map(({ id, resource }) => ({
        logicalId: id,
        message: `A deployment that replaces this resource deletes its data: its UpdateReplacePolicy is ${resource.UpdateReplacePolicy ?? 'Delete, the default'}, not Retain`,
      })),
};
