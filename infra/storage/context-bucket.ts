import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { OBJECT_PREFIXES } from '../../shared/ports/object-keys.ts';
import { acknowledge, acknowledgeWildcard } from '../grants/acknowledge.ts';
import { grantKey } from '../grants/grant-key.ts';

type ObjectAction = 'GetObject' | 'PutObject' | 'DeleteObject';

type ContextBucketProps = {
  readonly encryptionKey: IKey | undefined;
  readonly existing: IBucket | undefined;
};

/** Stores snapshots of contexts, and payloads and results too large for a message or a record. Outlives the stack. */
export class ContextBucket extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, { encryptionKey, existing }: ContextBucketProps) {
    super(scope, id);
    this.bucket = existing ?? newBucket(this, encryptionKey);
  }

  /**
   * Grants actions on the objects with some prefixes. Also grants listing the whole bucket: without it, S3 reports a
   * missing object as forbidden, and a lost snapshot would be indistinguishable from a missing permission.
   */
  grantObjects(grantee: IGrantable, prefixes: readonly string[], actions: readonly ObjectAction[]): void {
    const role = grantee.grantPrincipal;
    const resources = prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`));
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions: actions.map((action) => `s3:${action}`), resources }),
    );
    for (const resource of resources) acknowledgeWildcard(role, resource, 'objects with a prefix');
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }),
    );
    grantKey(grantee, this.bucket.encryptionKey);
  }
}

function newBucket(scope: Construct, encryptionKey: IKey | undefined): Bucket {
  const bucket = new Bucket(scope, 'Bucket', {
    ...(encryptionKey
      ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
      : { encryption: BucketEncryption.S3_MANAGED }),
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    // Objects are never overwritten, so only a deletion creates an old version. It can be undone for a week.
    versioned: true,
    // A first deployment that fails leaves nothing behind.
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    lifecycleRules: [
      {
        abortIncompleteMultipartUploadAfter: Duration.days(1),
        noncurrentVersionExpiration: Duration.days(7),
        expiredObjectDeleteMarker: true,
      },
      // As long as something may refer to it: a task waits for up to 7 days, is a dead letter for 14, and when SQS moves
      // a FIFO message there by itself, its 14 days begin anew.
      { prefix: OBJECT_PREFIXES.payloads, expiration: Duration.days(35) },
      // As long as the records that refer to them.
      { prefix: OBJECT_PREFIXES.progress, expiration: Duration.days(14) },
      { prefix: OBJECT_PREFIXES.results, expiration: Duration.days(14) },
    ],
  });
  acknowledge(bucket, {
    'AwsSolutions-S1':
      'A record names each object with its author and time. For reads, CloudTrail data events are better than access logs.',
  });
  return bucket;
}
