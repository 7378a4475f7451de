import { fileURLToPath } from 'node:url';
import { type CfnResource, Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { PoolConfig } from '../shared/pool/config.ts';
import { ENTRY_METADATA, REQUIRE_IN_ESM } from './bundling.ts';

const ENTRY = 'functions/condense/handler.ts';

type CondenserProps = {
  readonly table: Table;
  readonly bucket: Bucket;
  readonly pools: readonly PoolConfig[];
};

/** Tidies contexts: a function that is called once a day. */
export class Condenser extends Construct {
  constructor(scope: Construct, id: string, { table, bucket, pools }: CondenserProps) {
    super(scope, id);
    const condense = new NodejsFunction(this, 'Function', {
      entry: fileURLToPath(new URL(`../${ENTRY}`, import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // A context of 64 MiB is unpacked beside the one before it.
      memorySize: 1024,
      timeout: Duration.minutes(15),
      // What a run leaves, the next night finds.
      retryAttempts: 0,
      tracing: Tracing.ACTIVE,
      logGroup: new LogGroup(this, 'Logs', { retention: RetentionDays.ONE_MONTH }),
      bundling: { format: OutputFormat.ESM, minify: true, sourceMap: true, banner: REQUIRE_IN_ESM },
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        AGENTPOOL_TABLE: table.tableName,
        AGENTPOOL_BUCKET: bucket.bucketName,
        AGENTPOOL_POOLS: JSON.stringify(pools.map(({ name }) => name)),
      },
    });
    (condense.node.defaultChild as CfnResource).addMetadata(ENTRY_METADATA, ENTRY);
    new Rule(this, 'EveryDay', {
      schedule: Schedule.rate(Duration.days(1)),
      targets: [new LambdaFunction(condense, { retryAttempts: 0 })],
    });
    table.grant(
      condense,
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:Scan',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:BatchWriteItem',
    );
    for (const prefix of ['contexts/*', 'patterns/*', 'condense/*']) bucket.grantReadWrite(condense, prefix);
  }
}
