import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** Snapshots of contexts, and payloads and results that are too large for a message or a record. */
export class ContextBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
        // As long as the records that name them.
        { prefix: 'payloads/', expiration: Duration.days(14) },
        { prefix: 'progress/', expiration: Duration.days(14) },
        { prefix: 'results/', expiration: Duration.days(14) },
      ],
    });
  }
}
