import { Duration, Stack } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { EVERY_POOL_PARTITION, PARTITIONS } from '../../shared/aws/keys.ts';
import { acknowledge } from '../grants/acknowledge.ts';
import { grantNamed } from '../grants/grant-named.ts';
import { prefixOf } from '../names.ts';
import type { PoolDirectory } from '../pool-directory.ts';
import type { PoolTable } from '../storage/pool-table.ts';
import { NodeFunction } from './node-function.ts';

type ReconcilerProps = {
  readonly table: PoolTable;
  readonly cluster: ICluster;
  readonly directory: PoolDirectory;
  readonly encryptionKey: IKey | undefined;
};

/** The reconciler: a function that brings records in line with what ECS and SQS did by themselves. */
export class Reconciler extends Construct {
  readonly function: NodeFunction;

  constructor(scope: Construct, id: string, { table, cluster, directory, encryptionKey }: ReconcilerProps) {
    super(scope, id);
    this.function = new NodeFunction(this, 'Function', {
      module: 'functions/reconcile/handler',
      description: 'Closes the records of agents that stopped, and of tasks whose messages are gone',
      memorySize: 256,
      // A queue has to be empty for a minute before its open tasks count as lost.
      timeout: Duration.minutes(3),
      // Retries are safe. If all fail, the scaler closes the record after the agent has missed three heartbeats.
      retryAttempts: 2,
      maxEventAge: Duration.minutes(15),
      environment: {
        AGENTPOOL_TABLE: table.table.tableName,
        AGENTPOOL_STACK: Stack.of(this).stackName,
        AGENTPOOL_POOLS: directory.path,
      },
      encryptionKey,
    });
    const taskStopped = new Rule(this, 'TaskStopped', {
      description: 'Invokes the reconciler when an ECS task stops',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: { clusterArn: [cluster.clusterArn], lastStatus: ['STOPPED'] },
      },
      targets: [new LambdaFunction(this.function, { retryAttempts: 2, maxEventAge: Duration.minutes(15) })],
    });
    acknowledge(taskStopped, {
      'Serverless-EventBusDLQ':
        'If an event is lost, the agent becomes unresponsive and the scaler closes its record.',
    });
    const everyQuarter = new Rule(this, 'EveryQuarter', {
      description: 'Invokes the reconciler every 15 minutes, for tasks whose messages are gone',
      schedule: Schedule.rate(Duration.minutes(15)),
      targets: [new LambdaFunction(this.function, { retryAttempts: 2, maxEventAge: Duration.minutes(15) })],
    });
    acknowledge(everyQuarter, { 'Serverless-EventBusDLQ': 'The next invocation makes up for a lost one.' });
    table.grantItems(this.function, {
      partitions: [EVERY_POOL_PARTITION, `${PARTITIONS.tasks('*')}*`],
      actions: ['GetItem', 'UpdateItem'],
    });
    table.grantOpenTasks(this.function);
    directory.grantRead(this.function);
    grantNamed(this.function, ['sqs:GetQueueAttributes'], {
      service: 'sqs',
      resource: `${prefixOf(this)}-*`,
    });
  }
}
