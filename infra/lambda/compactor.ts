import { createHash } from 'node:crypto';
import { Duration, Names, Stack } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
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

/** The compactor: a function that compacts contexts and collects garbage once a day, pool by pool. */
export class Compactor extends Construct {
  readonly function: NodeFunction;
  /** What the names of its rules begin with. They are unique in an account and region, and have 64 characters. */
  private readonly rules =
    `${Names.uniqueResourceName(this, { maxLength: 22 })}-${shortHash(Stack.of(this).stackName)}`;

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
        resourceName: `${this.rules}-*`,
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

  add({ pool: { name, contextDays } }: DeployedPool): void {
    const everyHour = new Rule(this, `Pool-${name}`, {
      ruleName: `${this.rules}-${name}`,
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

/** Two stacks may have constructs of the same path. */
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 6);
}
