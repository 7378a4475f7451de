import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';

/**
 * Lets CloudWatch Logs use the key for the account's log groups. A log group with a key whose policy doesn't name the
 * service can't be created. The policy of an imported key can't be changed from here (docs/deploy.md has the statement).
 */
export function grantLogsKey(scope: IConstruct, key: IKey | undefined): void {
  const { region } = Stack.of(scope);
  key?.addToResourcePolicy(
    new PolicyStatement({
      sid: `LogGroupsOf${Stack.of(scope).node.id}`,
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': Stack.of(scope).formatArn({
            service: 'logs',
            resource: 'log-group:*',
          }),
        },
      },
    }),
  );
}
