import { Duration, Lazy } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { EVERY_CONTEXT_PARTITION, EVERY_POOL_PARTITION } from '../../shared/aws/keys.ts';
import { OBJECT_PREFIXES } from '../../shared/ports/object-keys.ts';
import type { DeployedPool } from '../deployed-pool.ts';
import { acknowledge } from '../grants/acknowledge.ts';
import type { ContextBucket } from '../storage/context-bucket.ts';
import type { PoolTable } from '../storage/pool-table.ts';
import { NodeFunction } from './node-function.ts';

type CompactorProps = {
  readonly table: PoolTable;
  readonly contexts: ContextBucket;
  readonly encryptionKey: IKey | undefined;
};

/** The compactor: a function that compacts contexts and collects garbage once a day. */
export class Compactor extends Construct {
  readonly function: NodeFunction;
  private readonly pools: DeployedPool[] = [];

  constructor(scope: Construct, id: string, { table, contexts, encryptionKey }: CompactorProps) {
    super(scope, id);
    this.function = new NodeFunction(this, 'Function', {
      module: 'functions/compact/handler',
      description: 'Compacts contexts and collects garbage',
      // Two versions of a 64 MiB context have to fit.
      memorySize: 1024,
      timeout: Duration.minutes(15),
      // The next day's run continues.
      retryAttempts: 0,
      environment: {
        AGENTPOOL_TABLE: table.table.tableName,
        AGENTPOOL_BUCKET: contexts.bucket.bucketName,
        AGENTPOOL_POOLS: Lazy.string({
          produce: () =>
            JSON.stringify(this.pools.map(({ pool: { name, contextDays } }) => ({ name, contextDays }))),
        }),
      },
      encryptionKey,
    });
    const everyDay = new Rule(this, 'EveryDay', {
      description: 'Invokes the compactor every day',
      schedule: Schedule.rate(Duration.days(1)),
      targets: [new LambdaFunction(this.function, { retryAttempts: 0 })],
    });
    acknowledge(everyDay, {
      'Serverless-EventBusDLQ': 'The next day’s run makes up for a lost one.',
    });
    table.grantScan(this.function);
    table.grantItems(this.function, {
      partitions: [EVERY_CONTEXT_PARTITION, EVERY_POOL_PARTITION],
      actions: ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'],
    });
    contexts.grantObjects(
      this.function,
      [OBJECT_PREFIXES.compaction, OBJECT_PREFIXES.contexts, OBJECT_PREFIXES.patterns],
      ['GetObject', 'PutObject', 'DeleteObject'],
    );
  }

  add(deployed: DeployedPool): void {
    this.pools.push(deployed);
  }
}
