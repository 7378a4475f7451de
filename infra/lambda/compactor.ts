import { Duration, Stack } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { EVERY_CONTEXT_PARTITION, EVERY_POOL_PARTITION } from '../../shared/aws/keys.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { OBJECT_PREFIXES } from '../../shared/ports/object-keys.ts';
import { acknowledge } from '../grants/acknowledge.ts';
import { prefixOf } from '../names.ts';
import type { ContextBucket } from '../storage/context-bucket.ts';
import type { PoolTable } from '../storage/pool-table.ts';
import { NodeFunction } from './node-function.ts';

type CompactorProps = {
  readonly table: PoolTable;
  readonly contexts: ContextBucket;
  readonly encryptionKey: IKey | undefined;
};

/** The compactor: a function that compacts contexts and collects garbage once a day, pool by pool. */
export class Compactor extends Construct {
  readonly function: NodeFunction;

  constructor(scope: Construct, id: string, { table, contexts, encryptionKey }: CompactorProps) {
    super(scope, id);
    this.function = new NodeFunction(this, 'Function', {
      module: 'functions/compact/handler',
      description: 'Compacts contexts and collects garbage',
      // It visits contexts one by one, and leaves merging large ones to agents.
      memorySize: 256,
      timeout: Duration.minutes(15),
      // The next run continues.
      retryAttempts: 0,
      environment: {
        AGENTPOOL_TABLE: table.table.tableName,
        AGENTPOOL_BUCKET: contexts.bucket.bucketName,
      },
      encryptionKey,
    });
    // One permission for the rules of all pools: a function's policy has room for about fifty.
    this.function.addPermission('Rules', {
      principal: new ServicePrincipal('events.amazonaws.com'),
      sourceArn: Stack.of(this).formatArn({
        service: 'events',
        resource: 'rule',
        resourceName: `${prefixOf(this)}-*`,
      }),
    });
    table.grantItems(this.function, {
      partitions: [EVERY_CONTEXT_PARTITION, EVERY_POOL_PARTITION],
      actions: ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'],
    });
    contexts.grantObjects(
      this.function,
      [OBJECT_PREFIXES.contexts, OBJECT_PREFIXES.patterns],
      ['GetObject', 'PutObject', 'DeleteObject'],
    );
  }

  /** Schedules the compaction of a pool, in the pool's stack. */
  add(scope: Construct, { name, contextDays }: PoolConfig): void {
    const everyHour = new Rule(scope, 'Compaction', {
      ruleName: `${prefixOf(this)}-${name}`,
      description: `Invokes the compactor every hour for pool ${name}: it begins once a day, and goes on`,
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [
        {
          bind: () => ({
            arn: this.function.functionArn,
            input: RuleTargetInput.fromObject({ pool: name, contextDays }),
            retryPolicy: { maximumRetryAttempts: 0 },
          }),
        },
      ],
    });
    acknowledge(everyHour, { 'Serverless-EventBusDLQ': 'The next run makes up for a lost one.' });
  }
}
