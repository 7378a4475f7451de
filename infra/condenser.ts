import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { PoolConfig } from '../shared/pool/config.ts';
import { NodeFunction } from './node-function.ts';

type CondenserProps = {
  readonly table: Table;
  readonly bucket: Bucket;
  readonly pools: readonly PoolConfig[];
};

/** Tidies contexts: a function that is called once a day. */
export class Condenser extends Construct {
  constructor(scope: Construct, id: string, { table, bucket, pools }: CondenserProps) {
    super(scope, id);
    const condense = new NodeFunction(this, 'Function', {
      entry: 'functions/condense/handler.ts',
      // A context of 64 MiB is unpacked beside the one before it.
      memorySize: 1024,
      timeout: Duration.minutes(15),
      environment: {
        AGENTPOOL_TABLE: table.tableName,
        AGENTPOOL_BUCKET: bucket.bucketName,
        AGENTPOOL_POOLS: JSON.stringify(pools.map(({ name }) => name)),
      },
    });
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
