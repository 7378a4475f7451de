import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import type { Cluster } from 'aws-cdk-lib/aws-ecs';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { EVERY_POOL_PARTITION } from '../../shared/aws/keys.ts';
import { minimalPool } from '../../shared/core/pool/config.ts';
import type { DeployedPool } from '../deployed-pool.ts';
import { acknowledge } from '../grants/acknowledge.ts';
import { grantListTasks, grantTasks } from '../grants/grant-tasks.ts';
import type { PoolTable } from '../storage/pool-table.ts';
import { NodeFunction } from './node-function.ts';

type ScalerProps = {
  readonly table: PoolTable;
  readonly cluster: Cluster;
  readonly encryptionKey: IKey | undefined;
};

/** The scaler: a function that runs every minute and ticks every pool several times per run. */
export class Scaler extends Construct {
  readonly function: NodeFunction;
  private readonly pools: DeployedPool[] = [];

  constructor(scope: Construct, id: string, { table, cluster, encryptionKey }: ScalerProps) {
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
        AGENTPOOL_POOLS: Lazy.string({ produce: () => this.describePools() }),
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
    grantTasks(this.function, cluster, ['DescribeTasks', 'StopTask', 'UpdateTaskProtection']);
    grantListTasks(this.function, cluster);
    this.node.addValidation({ validate: () => tooManyPools(this.pools) });
  }

  add(deployed: DeployedPool): void {
    this.pools.push(deployed);
    const { queue, agents } = deployed;
    queue.queue.grant(this.function, 'sqs:GetQueueAttributes');
    this.function.addToRolePolicy(
      new PolicyStatement({
        actions: ['ecs:DescribeServices', 'ecs:UpdateService'],
        resources: [agents.service.serviceArn],
      }),
    );
  }

  private describePools(): string {
    const described = this.pools.map(({ pool, queue, agents }) => ({
      config: minimalPool(pool),
      queueUrl: queue.queue.queueUrl,
      service: agents.service.serviceName,
    }));
    return Stack.of(this).toJsonString(described);
  }
}

/** Lambda limits a function's environment to 4 KB (AWS Lambda quotas). All but the pools takes under 600 bytes. */
const POOLS_BYTES = 3_500;
/** Space for a queue's URL and a service's name, which aren't known at synthesis. */
const NAMES_BYTES = 200;

function tooManyPools(pools: readonly DeployedPool[]): string[] {
  const bytes = pools.reduce(
    (sum, { pool }) => sum + JSON.stringify(minimalPool(pool)).length + NAMES_BYTES,
    0,
  );
  if (bytes <= POOLS_BYTES) return [];
  return [
    `${pools.length} pools need ${bytes} bytes in the scaler's environment, which has room for ${POOLS_BYTES}: ` +
      'split them across several stacks',
  ];
}
