import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Cluster } from 'aws-cdk-lib/aws-ecs';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { compactPool, type PoolConfig } from '../shared/pool/config.ts';
import type { AgentService } from './agent-service.ts';
import { NodeFunction } from './node-function.ts';
import type { PoolQueue } from './pool-queue.ts';

/** What the scaler is told of a pool. */
export type ScaledPoolProps = {
  readonly pool: PoolConfig;
  readonly queue: PoolQueue;
  readonly agents: AgentService;
};

type ScalerProps = {
  readonly table: Table;
  readonly cluster: Cluster;
  readonly pools: readonly ScaledPoolProps[];
};

/** The scaler: a function that is called every minute and looks at every pool several times in it. */
export class Scaler extends Construct {
  constructor(scope: Construct, id: string, { table, cluster, pools }: ScalerProps) {
    super(scope, id);
    refuseTooManyPools(pools);
    const scale = new NodeFunction(this, 'Function', {
      entry: 'functions/scale/handler.ts',
      memorySize: 512,
      // A run lasts until the minute is over; a tick that began then may still end.
      timeout: Duration.seconds(80),
      // A run that comes late is worthless: the next one is at most a minute away.
      maxEventAge: Duration.minutes(1),
      environment: {
        AGENTPOOL_TABLE: table.tableName,
        AGENTPOOL_CLUSTER: cluster.clusterName,
        AGENTPOOL_POOLS: JSON.stringify(
          pools.map(({ pool, queue, agents }) => ({
            config: compactPool(pool),
            queueUrl: queue.queue.queueUrl,
            service: agents.service.serviceName,
          })),
        ),
      },
    });
    new Rule(this, 'EveryMinute', {
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(scale, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
    table.grant(
      scale,
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:BatchGetItem',
    );
    for (const { queue, agents } of pools) {
      queue.queue.grant(scale, 'sqs:GetQueueAttributes');
      scale.addToRolePolicy(
        new PolicyStatement({
          actions: ['ecs:DescribeServices', 'ecs:UpdateService'],
          resources: [agents.service.serviceArn],
        }),
      );
    }
    scale.addToRolePolicy(
      new PolicyStatement({ actions: ['ecs:UpdateTaskProtection'], resources: [cluster.arnForTasks('*')] }),
    );
  }
}

/** All of a function's environment has 4 KB (AWS Lambda quotas); what else is in it needs less than 600 bytes. */
const POOLS_BYTES = 3_500;
/** Names of a queue and a service, which only AWS knows, in the environment of the scaler. */
const NAMES_BYTES = 200;

function refuseTooManyPools(pools: readonly ScaledPoolProps[]): void {
  const bytes = pools.reduce(
    (sum, { pool }) => sum + JSON.stringify(compactPool(pool)).length + NAMES_BYTES,
    0,
  );
  if (bytes <= POOLS_BYTES) return;
  throw new Error(
    `${pools.length} pools need ${bytes} bytes in the scaler's environment, and ${POOLS_BYTES} fit: ` +
      'spread them over several stacks',
  );
}
