import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** Allows using the key that something is encrypted with, if it is one of the user's. */
export function grantKey(grantee: IGrantable, key: IKey | undefined): void {
  if (key === undefined) return;
  key.grantEncryptDecrypt(grantee);
  const role = grantee.grantPrincipal;
  if (!Construct.isConstruct(role)) return;
  const reason = 'both variants of one action on one key, as DynamoDB, S3 and SQS ask for it';
  acknowledge(role, {
    'AwsSolutions-IAM5[Action::kms:ReEncrypt*]': reason,
    'AwsSolutions-IAM5[Action::kms:GenerateDataKey*]': reason,
  });
}
