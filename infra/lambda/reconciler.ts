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

/** The reconciler: a function that closes an agent's record when its ECS task stops. */
export class Reconciler extends Construct {
  readonly function: NodeFunction;
  private readonly pools: DeployedPool[] = [];

  constructor(scope: Construct, id: string, { table, cluster, encryptionKey }: ReconcilerProps) {
    super(scope, id);
    this.function = new NodeFunction(this, 'Function', {
      module: 'functions/reconcile/handler',
      description: "Closes an agent's record when its ECS task stops",
      memorySize: 256,
      // One conditional write, with the SDK's retries.
      timeout: Duration.seconds(30),
      // Retries are safe. If all fail, the scaler closes the record after the agent has missed three heartbeats.
      retryAttempts: 2,
      maxEventAge: Duration.minutes(15),
      environment: {
        AGENTPOOL_TABLE: table.table.tableName,
        AGENTPOOL_SERVICES: Lazy.string({ produce: () => this.describeServices() }),
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
