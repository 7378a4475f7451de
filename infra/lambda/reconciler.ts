import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import type { Cluster } from 'aws-cdk-lib/aws-ecs';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { EVERY_POOL_PARTITION } from '../../shared/aws/keys.ts';
import type { DeployedPool } from '../deployed-pool.ts';
import { acknowledge } from '../grants/acknowledge.ts';
import type { PoolTable } from '../storage/pool-table.ts';
import { NodeFunction } from './node-function.ts';

type ReconcilerProps = {
  readonly table: PoolTable;
  readonly cluster: Cluster;
  readonly encryptionKey: IKey | undefined;
};

/** Keeps the agents' records true: a function that is called when an ECS task of the cluster has stopped. */
export class Reconciler extends Construct {
  readonly function: NodeFunction;
  private readonly pools: DeployedPool[] = [];

  constructor(scope: Construct, id: string, { table, cluster, encryptionKey }: ReconcilerProps) {
    super(scope, id);
    this.function = new NodeFunction(this, 'Function', {
      module: 'functions/reconcile/handler',
      description: 'Closes the record of an agent whose ECS task has stopped',
      memorySize: 256,
      // One conditional write, with the SDK's retries.
      timeout: Duration.seconds(30),
      // Done twice it does no harm. Not at all: the scaler finds the agent unresponsive after three heartbeats.
      retryAttempts: 2,
      maxEventAge: Duration.minutes(15),
      environment: {
        AGENTPOOL_TABLE: table.table.tableName,
        AGENTPOOL_SERVICES: Lazy.string({ produce: () => this.describeServices() }),
      },
      encryptionKey,
    });
    const taskStopped = new Rule(this, 'TaskStopped', {
      description: 'Tells the reconciler of every agent that has ended',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: { clusterArn: [cluster.clusterArn], lastStatus: ['STOPPED'] },
      },
      targets: [new LambdaFunction(this.function, { retryAttempts: 2, maxEventAge: Duration.minutes(15) })],
    });
    acknowledge(taskStopped, {
      'Serverless-EventBusDLQ':
        'An agent whose end was not told falls unresponsive, and the scaler closes its record.',
    });
    table.grantItems(this.function, { partitions: [EVERY_POOL_PARTITION], actions: ['UpdateItem'] });
  }

  add(deployed: DeployedPool): void {
    this.pools.push(deployed);
  }

  private describeServices(): string {
    const services = this.pools.map(({ pool, agents }) => [agents.service.serviceName, pool.name] as const);
    return Stack.of(this).toJsonString(services);
  }
}
