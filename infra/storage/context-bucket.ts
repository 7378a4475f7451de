import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { OBJECT_PREFIXES } from '../../shared/ports/object-keys.ts';
import { acknowledge, acknowledgeWildcard } from '../grants/acknowledge.ts';
import { grantKey } from '../grants/grant-key.ts';

type ObjectAction = 'GetObject' | 'PutObject' | 'DeleteObject';

/** Snapshots of contexts, and payloads and results that are too large for a message or a record. Outlives the stack. */
export class ContextBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { encryptionKey }: { readonly encryptionKey: IKey | undefined }) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      ...(encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      // Objects are never written twice, so only a deletion makes an old version: it can be taken back for a week.
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        {
          abortIncompleteMultipartUploadAfter: Duration.days(1),
          noncurrentVersionExpiration: Duration.days(7),
          expiredObjectDeleteMarker: true,
        },
        // As long as the records that name them.
        { prefix: OBJECT_PREFIXES.payloads, expiration: Duration.days(14) },
        { prefix: OBJECT_PREFIXES.progress, expiration: Duration.days(14) },
        { prefix: OBJECT_PREFIXES.results, expiration: Duration.days(14) },
      ],
    });
    acknowledge(this.bucket, {
      'AwsSolutions-S1':
        'Every object is named by a record that tells who wrote it and when. Who else reads them, CloudTrail’s data events tell better than access logs.',
    });
  }

  /**
   * Allows actions on the objects below some prefixes. Listing is allowed on the whole bucket: without it, S3 answers
   * a missing object as a forbidden one, and a lost snapshot could not be told from a wrong permission.
   */
  grantObjects(grantee: IGrantable, prefixes: readonly string[], actions: readonly ObjectAction[]): void {
    const role = grantee.grantPrincipal;
    const resources = prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`));
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions: actions.map((action) => `s3:${action}`), resources }),
    );
    for (const resource of resources) acknowledgeWildcard(role, resource, 'objects below a prefix');
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }),
    );
    grantKey(grantee, this.bucket.encryptionKey);
  }
}
