import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  AvailabilityZoneRebalancing,
  Capability,
  type CapacityProviderStrategy,
  type Cluster,
  type ContainerImage,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LinuxParameters,
  LogDrivers,
  OperatingSystemFamily,
  Secret,
} from 'aws-cdk-lib/aws-ecs';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret as StoredSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { PARTITIONS } from '../shared/aws/keys.ts';
import { minimalPool, type PoolConfig } from '../shared/core/pool/config.ts';
import { objectPrefix } from '../shared/ports/object-keys.ts';
import { AGENT } from './agent-image.ts';
import { acknowledge, acknowledgeWildcard } from './grants/acknowledge.ts';
import { grantKey } from './grants/grant-key.ts';
import { grantTasks } from './grants/grant-tasks.ts';
import { containerHealthCheck } from './health-check.ts';
import type { Network } from './network.ts';
import type { ContextBucket } from './storage/context-bucket.ts';
import type { PoolQueue } from './storage/pool-queue.ts';
import type { PoolTable } from './storage/pool-table.ts';

type AgentServiceProps = {
  readonly pool: PoolConfig;
  readonly cluster: Cluster;
  readonly network: Network;
  readonly image: ContainerImage;
  readonly queue: PoolQueue;
  readonly table: PoolTable;
  readonly contexts: ContextBucket;
  readonly encryptionKey: IKey | undefined;
};

/** The agents of a pool: an ECS service whose desired count only the scaler sets. */
export class AgentService extends Construct {
  readonly service: FargateService;
  readonly taskDefinition: FargateTaskDefinition;

  constructor(scope: Construct, id: string, props: AgentServiceProps) {
    super(scope, id);
    const { pool, cluster, network } = props;
    this.taskDefinition = new FargateTaskDefinition(this, 'TaskDefinition', {
      cpu: pool.agent.cpu,
      memoryLimitMiB: pool.agent.memoryMiB,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    this.addContainer(props);
    this.grantWork(props);
    acknowledgeWildcard(
      this.taskDefinition.obtainExecutionRole(),
      '*',
      'ecr:GetAuthorizationToken doesn’t support resource-level permissions',
    );
    // No desiredCount: with one, every deployment would overwrite the scaler's.
    this.service = new FargateService(this, 'Service', {
      cluster,
      taskDefinition: this.taskDefinition,
      capacityProviderStrategies: capacity(pool.capacity),
      securityGroups: [network.securityGroup],
      vpcSubnets: network.subnets,
      assignPublicIp: network.assignPublicIp,
      circuitBreaker: { rollback: true },
      // ECS starts new agents before the scaler drains old ones, so a deployment never runs fewer than desired.
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      // Rebalancing would stop agents.
      availabilityZoneRebalancing: AvailabilityZoneRebalancing.DISABLED,
    });
  }

  private addContainer({ pool, image, queue, table, contexts, encryptionKey }: AgentServiceProps): void {
    const linux = new LinuxParameters(this, 'Linux', { initProcessEnabled: true });
    linux.dropCapabilities(Capability.ALL);
    const container = this.taskDefinition.addContainer('agent', {
      image,
      // An agent mostly waits. Without this flag, V8 lets the heap of an idle worker grow from 120 to over 200 MB.
      command: ['node', '--optimize-for-size', AGENT],
      stopTimeout: Duration.seconds(pool.stopTimeoutSeconds),
      healthCheck: containerHealthCheck(pool.startTimeoutSeconds),
      linuxParameters: linux,
      readonlyRootFilesystem: true,
      logging: LogDrivers.awsLogs({
        streamPrefix: pool.name,
        logGroup: new LogGroup(this, 'Logs', {
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
          ...(encryptionKey && { encryptionKey }),
        }),
      }),
      environment: {
        ...pool.agent.environment,
        AGENTPOOL_POOL: JSON.stringify(minimalPool(pool)),
        AGENTPOOL_TABLE: table.table.tableName,
        AGENTPOOL_BUCKET: contexts.bucket.bucketName,
        AGENTPOOL_QUEUE_URL: queue.queue.queueUrl,
        AGENTPOOL_DEAD_LETTER_QUEUE_URL: queue.deadLetterQueue.queueUrl,
      },
      secrets: Object.fromEntries(
        Object.entries(pool.agent.secrets).map(([name, stored]) => [name, this.secret(name, stored)]),
      ),
    });
    // The only writable path, for contexts that don't fit in memory.
    this.taskDefinition.addVolume({ name: 'scratch' });
    container.addMountPoints({ sourceVolume: 'scratch', containerPath: '/tmp', readOnly: false });
    acknowledge(this.taskDefinition, {
      'AwsSolutions-ECS2':
        'Only names and settings. Secrets come from Secrets Manager (`agent.secrets` of a pool).',
    });
  }

  /** Reads `name` or `name:field` from Secrets Manager. */
  private secret(variable: string, stored: string): Secret {
    const [name = '', field] = stored.split(':');
    return Secret.fromSecretsManager(StoredSecret.fromSecretNameV2(this, `Secret-${variable}`, name), field);
  }

  /** Grants access to the pool's own tasks, contexts and records, and to task protection. */
  private grantWork({ pool: { name }, cluster, queue, table, contexts }: AgentServiceProps): void {
    const role = this.taskDefinition.taskRole;
    queue.queue.grant(role, 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessage');
    queue.deadLetterQueue.grant(role, 'sqs:SendMessage');
    grantKey(role, queue.queue.encryptionMasterKey);
    table.grantItems(role, {
      partitions: [PARTITIONS.pool(name), `${PARTITIONS.contexts(name)}*`, `${PARTITIONS.tasks(name)}*`],
      actions: ['GetItem', 'Query', 'PutItem', 'UpdateItem'],
    });
    contexts.grantObjects(
      role,
      [objectPrefix('payloads', name), objectPrefix('patterns', name)],
      ['GetObject'],
    );
    contexts.grantObjects(
      role,
      (['contexts', 'progress', 'results'] as const).map((kind) => objectPrefix(kind, name)),
      ['GetObject', 'PutObject'],
    );
    grantTasks(role, cluster, ['GetTaskProtection', 'UpdateTaskProtection']);
  }
}

function capacity({ onDemandBase, spotPercent }: PoolConfig['capacity']): CapacityProviderStrategy[] {
  const onDemand = { capacityProvider: 'FARGATE', base: onDemandBase, weight: 100 - spotPercent };
  return spotPercent === 0
    ? [onDemand]
    : [onDemand, { capacityProvider: 'FARGATE_SPOT', weight: spotPercent }];
}
