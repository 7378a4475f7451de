import { Duration, Stack } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { EVERY_LIMIT_PARTITION, EVERY_POOL_PARTITION } from '../../shared/aws/keys.ts';
import { acknowledge } from '../grants/acknowledge.ts';
import { grantNamed } from '../grants/grant-named.ts';
import { grantListInstances, grantListTasks, grantTasks } from '../grants/grant-tasks.ts';
import { prefixOf } from '../names.ts';
import type { PoolDirectory } from '../pool-directory.ts';
import type { PoolTable } from '../storage/pool-table.ts';
import { NodeFunction } from './node-function.ts';

type ScalerProps = {
  readonly table: PoolTable;
  readonly cluster: ICluster;
  readonly fargateOnly: boolean;
  readonly directory: PoolDirectory;
  readonly encryptionKey: IKey | undefined;
};

/** The scaler: a function that runs every minute and ticks every pool several times per run. */
export class Scaler extends Construct {
  readonly function: NodeFunction;

  constructor(
    scope: Construct,
    id: string,
    { table, cluster, fargateOnly, directory, encryptionKey }: ScalerProps,
  ) {
    super(scope, id);
    this.function = new NodeFunction(this, 'Function', {
      module: 'functions/scale/handler',
      description: 'Ticks every pool several times a minute and sets its desired count',
      // It mostly waits, and memory sets the price of waiting. At 128 MB, its share of a CPU would be too small.
      memorySize: 256,
      // A run lasts until the minute is over, and then finishes the tick it's in.
      timeout: Duration.seconds(80),
      // A late retry is useless: the next run starts within a minute.
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
      environment: {
        AGENTPOOL_TABLE: table.table.tableName,
        AGENTPOOL_CLUSTER: cluster.clusterName,
        AGENTPOOL_STACK: Stack.of(this).stackName,
        AGENTPOOL_POOLS: directory.path,
      },
      encryptionKey,
    });
    const everyMinute = new Rule(this, 'EveryMinute', {
      description: 'Invokes the scaler every minute',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this.function, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
    acknowledge(everyMinute, {
      'Serverless-EventBusDLQ': 'The next invocation, a minute later, makes up for a lost one.',
    });
    // Only the records of pools and agents, not contexts or tasks.
    table.grantItems(this.function, {
      partitions: [EVERY_POOL_PARTITION],
      actions: ['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'BatchWriteItem'],
    });
    table.grantItems(this.function, { partitions: [EVERY_LIMIT_PARTITION], actions: ['BatchGetItem'] });
    grantTasks(this.function, cluster, ['DescribeTasks', 'StopTask', 'UpdateTaskProtection']);
    grantListTasks(this.function, cluster);
    if (!fargateOnly) grantListInstances(this.function, cluster);
    directory.grantRead(this.function);
    // By name, because the pools may be in other stacks, which refer to this one.
    const ofPools = `${prefixOf(this)}-*`;
    grantNamed(this.function, ['sqs:GetQueueAttributes'], { service: 'sqs', resource: ofPools });
    grantNamed(this.function, ['ecs:DescribeServices', 'ecs:UpdateService'], {
      service: 'ecs',
      resource: 'service',
      resourceName: `${cluster.clusterName}/${ofPools}`,
    });
  }
}
