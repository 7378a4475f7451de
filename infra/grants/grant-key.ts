import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** Grants use of the user's encryption key, if there is one. */
export function grantKey(grantee: IGrantable, key: IKey | undefined): void {
  if (key === undefined) return;
  key.grantEncryptDecrypt(grantee);
  const role = grantee.grantPrincipal;
  if (!Construct.isConstruct(role)) return;
  const reason = 'DynamoDB, S3 and SQS need both variants of the action on this one key';
  acknowledge(role, {
    'AwsSolutions-IAM5[Action::kms:ReEncrypt*]': reason,
    'AwsSolutions-IAM5[Action::kms:GenerateDataKey*]': reason,
  });
}
