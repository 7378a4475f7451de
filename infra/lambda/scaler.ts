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

/** The scaler: a function that is called every minute and looks at every pool several times in it. */
export class Scaler extends Construct {
  readonly function: NodeFunction;
  private readonly pools: DeployedPool[] = [];

  constructor(scope: Construct, id: string, { table, cluster, encryptionKey }: ScalerProps) {
    super(scope, id);
    this.function = new NodeFunction(this, 'Function', {
      module: 'functions/scale/handler',
      description: 'Looks at every pool several times a minute and sets its desired count',
      // It mostly waits, which is paid for by the memory. Under 128 MB there would be too little left of a CPU.
      memorySize: 256,
      // A run lasts until the minute is over; a tick that began then may still end.
      timeout: Duration.seconds(80),
      // A run that failed or comes late is worthless: the next one is at most a minute away.
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
      description: 'Calls the scaler',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this.function, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
    acknowledge(everyMinute, {
      'Serverless-EventBusDLQ': 'A call that could not be made is worthless a minute later.',
    });
    // Records of pools and their agents, and nothing of contexts and tasks.
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

/** All of a function's environment has 4 KB (AWS Lambda quotas); what else is in it needs less than 600 bytes. */
const POOLS_BYTES = 3_500;
/** Names of a queue and a service, which only AWS knows, in the environment of the scaler. */
const NAMES_BYTES = 200;

function tooManyPools(pools: readonly DeployedPool[]): string[] {
  const bytes = pools.reduce(
    (sum, { pool }) => sum + JSON.stringify(minimalPool(pool)).length + NAMES_BYTES,
    0,
  );
  if (bytes <= POOLS_BYTES) return [];
  return [
    `${pools.length} pools need ${bytes} bytes in the scaler's environment, and ${POOLS_BYTES} fit: ` +
      'spread them over several stacks',
  ];
}
