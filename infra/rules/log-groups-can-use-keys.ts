import { keyOf, keyStatements } from './keys.ts';
import { admitsService } from './policies.ts';
import type { Rule } from './rule.ts';
import { reference, resourcesOf } from './template.ts';

const NEEDED = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:GenerateDataKey', 'kms:DescribeKey'];

export const logGroupsCanUseKeys: Rule = {
  id: 'log-groups-can-use-keys',
  description:
    'CloudWatch Logs uses a key as itself, not as the caller: it refuses to create a log group whose key’s policy ' +
    'does not admit logs.REGION.amazonaws.com, and the deployment fails. Allow it kms:Encrypt*, kms:Decrypt*, ' +
    'kms:ReEncrypt*, kms:GenerateDataKey* and kms:Describe* in the policy of the key.',
  check: (template) =>
    resourcesOf(template, 'AWS::Logs::LogGroup').flatMap((group) => {
      const key = keyOf(template, group);
      if (key === undefined) return [];
      const services = [template.region ?? '', reference('AWS::Region')].map(
        (region) => `logs.${region}.amazonaws.com`,
      );
      const missing = NEEDED.filter(
        (action) => !admitsService(keyStatements(template, key), services, action),
      );
      if (missing.length === 0) return [];
      const service = `logs.${template.region ?? 'REGION'}.amazonaws.com`;
      const message = `CloudWatch Logs cannot create this log group: the policy of its key ${key} does not allow ${missing.join(', ')} to ${service}`;
      return [{ logicalId: group.id, message }];
    }),
};
