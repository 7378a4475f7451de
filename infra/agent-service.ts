import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  AvailabilityZoneRebalancing,
  type Cluster,
  type ContainerImage,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LogDrivers,
} from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { compactPool, type PoolConfig } from '../shared/pool/config.ts';
import type { PoolQueue } from './pool-queue.ts';

type AgentServiceProps = {
  readonly pool: PoolConfig;
  readonly cluster: Cluster;
  readonly vpc: IVpc;
  readonly image: ContainerImage;
  readonly queue: PoolQueue;
  readonly table: Table;
  readonly bucket: Bucket;
};

/** The agents of a pool: an ECS service of which only the scaler sets the size. */
export class AgentService extends Construct {
  readonly service: FargateService;

  constructor(scope: Construct, id: string, props: AgentServiceProps) {
    super(scope, id);
    const { pool, queue, table, bucket } = props;
    const taskDefinition = new FargateTaskDefinition(this, 'TaskDefinition', {
      cpu: 256,
      memoryLimitMiB: 512,
      runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64 },
    });
    taskDefinition.addContainer('agent', {
      image: props.image,
      // An agent waits more than it computes. Without this, V8 lets an empty worker grow from 120 to over 200 MB.
      command: ['node', '--optimize-for-size', 'agent/main.ts'],
      stopTimeout: Duration.seconds(pool.stopTimeoutSeconds),
      logging: LogDrivers.awsLogs({
        streamPrefix: pool.name,
        logGroup: new LogGroup(this, 'Logs', { retention: RetentionDays.ONE_MONTH }),
      }),
      environment: {
        AGENTPOOL_POOL: JSON.stringify(compactPool(pool)),
        AGENTPOOL_TABLE: table.tableName,
        AGENTPOOL_BUCKET: bucket.bucketName,
        AGENTPOOL_QUEUE_URL: queue.queue.queueUrl,
        AGENTPOOL_DEAD_LETTER_QUEUE_URL: queue.deadLetterQueue.queueUrl,
      },
    });
    queue.queue.grantConsumeMessages(taskDefinition.taskRole);
    queue.deadLetterQueue.grantSendMessages(taskDefinition.taskRole);
    table.grant(
      taskDefinition.taskRole,
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    );
    bucket.grantRead(taskDefinition.taskRole);
    bucket.grantPut(taskDefinition.taskRole);
    taskDefinition.addToTaskRolePolicy(
      new PolicyStatement({
        actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
        resources: [props.cluster.arnForTasks('*')],
      }),
    );
    // There is no desiredCount: with one, every deployment would undo what the scaler has decided.
    this.service = new FargateService(this, 'Service', {
      cluster: props.cluster,
      taskDefinition,
      assignPublicIp: true,
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      circuitBreaker: { rollback: true },
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      // It would stop agents for the sake of balance.
      availabilityZoneRebalancing: AvailabilityZoneRebalancing.DISABLED,
    });
  }
}
