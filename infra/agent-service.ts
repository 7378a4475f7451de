import { Duration, RemovalPolicy, Size, Stack, Tags } from 'aws-cdk-lib';
import {
  AwsLogDriverMode,
  type BaseService,
  Capability,
  type ContainerImage,
  CpuArchitecture,
  type ICluster,
  LinuxParameters,
  LogDrivers,
  NetworkMode,
  OperatingSystemFamily,
  PropagatedTagSource,
  type Secret,
  TaskDefinition,
} from 'aws-cdk-lib/aws-ecs';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { PARTITIONS } from '../shared/aws/keys.ts';
import { ownProviders } from '../shared/core/pool/capacity.ts';
import { minimalPool, type PoolConfig } from '../shared/core/pool/config.ts';
import { objectPrefix } from '../shared/ports/object-keys.ts';
import { AGENT } from './agent-image.ts';
import { compatibilityOf, serviceOn } from './capacity.ts';
import { acknowledge, acknowledgeWildcard } from './grants/acknowledge.ts';
import { grantKey } from './grants/grant-key.ts';
import { grantTasks } from './grants/grant-tasks.ts';
import { containerHealthCheck } from './health-check.ts';
import type { Network } from './network.ts';
import { secretsOf } from './secrets.ts';
import type { ContextBucket } from './storage/context-bucket.ts';
import type { PoolQueue } from './storage/pool-queue.ts';
import type { PoolTable } from './storage/pool-table.ts';

type AgentServiceProps = {
  readonly pool: PoolConfig;
  /** The name of the platform's stack. */
  readonly stack: string;
  /** The name of the service. */
  readonly name: string;
  readonly cluster: ICluster;
  readonly network: Network;
  readonly image: ContainerImage;
  /** Variables from secrets that are constructs. */
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly queue: PoolQueue;
  readonly table: PoolTable;
  readonly contexts: ContextBucket;
  readonly encryptionKey: IKey | undefined;
};

/** The agents of a pool: an ECS service whose desired count only the scaler sets. */
export class AgentService extends Construct {
  readonly service: BaseService;
  /** The service's name, without a reference to it. */
  readonly name: string;
  readonly taskDefinition: TaskDefinition;
  readonly logs: LogGroup;

  constructor(scope: Construct, id: string, props: AgentServiceProps) {
    super(scope, id);
    const { pool, cluster, network } = props;
    this.name = props.name;
    const tasksOfThisAccount = new ServicePrincipal('ecs-tasks.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    });
    const { cpu, memoryMiB, ephemeralStorageGiB, architecture } = pool.agent;
    this.taskDefinition = new TaskDefinition(this, 'TaskDefinition', {
      compatibility: compatibilityOf(pool.capacity),
      networkMode: NetworkMode.AWS_VPC,
      taskRole: new Role(this, 'TaskRole', { assumedBy: tasksOfThisAccount }),
      executionRole: new Role(this, 'ExecutionRole', { assumedBy: tasksOfThisAccount }),
      cpu: String(cpu),
      memoryMiB: String(memoryMiB),
      ...(ephemeralStorageGiB !== undefined && { ephemeralStorageGiB }),
      // CDK refuses it for EC2, where the instances have the architecture that they have.
      ...(!('ec2' in pool.capacity) && {
        runtimePlatform: {
          cpuArchitecture: ARCHITECTURES[architecture],
          operatingSystemFamily: OperatingSystemFamily.LINUX,
        },
      }),
    });
    this.logs = new LogGroup(this, 'Logs', {
      // The enumeration's values are the days.
      retention: pool.agent.logRetentionDays as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(props.encryptionKey && { encryptionKey: props.encryptionKey }),
    });
    this.addContainer(props);
    this.grantWork(props);
    acknowledgeWildcard(
      this.taskDefinition.obtainExecutionRole(),
      '*',
      'ecr:GetAuthorizationToken doesn’t support resource-level permissions',
    );
    // No desiredCount: with one, every deployment would overwrite the scaler's.
    this.service = serviceOn(this, 'Service', {
      capacity: pool.capacity,
      network,
      cluster,
      // Explicit, so that the scaler needs no reference to the service: CloudFormation would update it only after a
      // service that it has to bring about is stable.
      serviceName: props.name,
      taskDefinition: this.taskDefinition,
      circuitBreaker: { rollback: true },
      // ECS starts new agents before the scaler drains old ones, so a deployment never runs fewer than desired.
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      // Costs by pool: tags of the service are tags of its agents.
      propagateTags: PropagatedTagSource.SERVICE,
      enableECSManagedTags: true,
      enableExecuteCommand: pool.agent.exec,
    });
    Tags.of(this).add('agentpool:pool', pool.name);
    // Otherwise the service may be created before its agents can be placed or reach AWS, and deleted after.
    const { internetConnectivityEstablished } = network.vpc.selectSubnets(network.subnets);
    this.service.node.addDependency(cluster, internetConnectivityEstablished);
  }

  private addContainer({ pool, stack, image, secrets, queue, table, contexts }: AgentServiceProps): void {
    const linux = new LinuxParameters(this, 'Linux', { initProcessEnabled: true });
    linux.dropCapabilities(Capability.ALL);
    const container = this.taskDefinition.addContainer('agent', {
      image,
      // An agent mostly waits. Without this flag, V8 lets the heap of an idle worker grow from 120 to over 200 MB.
      command: ['node', '--optimize-for-size', AGENT],
      stopTimeout: Duration.seconds(pool.stopTimeoutSeconds),
      healthCheck: containerHealthCheck(pool.startTimeoutSeconds),
      ...(pool.agent.gpus !== undefined && { gpuCount: pool.agent.gpus }),
      linuxParameters: linux,
      // ECS Exec installs its agent in the root file system.
      readonlyRootFilesystem: !pool.agent.exec,
      logging: LogDrivers.awsLogs({
        streamPrefix: pool.name,
        // Metrics are lines of the log. ECS's default buffer of 1 MiB loses lines in a burst; blocking would stop agents
        // while CloudWatch can't be reached.
        mode: AwsLogDriverMode.NON_BLOCKING,
        maxBufferSize: Size.mebibytes(16),
        logGroup: this.logs,
      }),
      environment: {
        ...pool.agent.environment,
        AGENTPOOL_POOL: JSON.stringify(minimalPool(pool)),
        AGENTPOOL_STACK: stack,
        AGENTPOOL_TABLE: table.table.tableName,
        AGENTPOOL_BUCKET: contexts.bucket.bucketName,
        AGENTPOOL_QUEUE_URL: queue.queue.queueUrl,
        AGENTPOOL_DEAD_LETTER_QUEUE_URL: queue.deadLetterQueue.queueUrl,
      },
      secrets: { ...secretsOf(this, pool.agent.secrets), ...secrets },
    });
    // The only writable path, for contexts that don't fit in memory.
    this.taskDefinition.addVolume({ name: 'scratch' });
    container.addMountPoints({ sourceVolume: 'scratch', containerPath: '/tmp', readOnly: false });
    acknowledge(this.taskDefinition, {
      'AwsSolutions-ECS2':
        'Only names and settings. Secrets come from Secrets Manager (`agent.secrets` of a pool).',
    });
  }

  /** Grants access to the pool's own tasks, contexts and records, and to task protection. */
  private grantWork({
    pool: { name, limits, agent, capacity },
    cluster,
    queue,
    table,
    contexts,
  }: AgentServiceProps): void {
    const role = this.taskDefinition.taskRole;
    queue.queue.grant(role, 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessage');
    queue.deadLetterQueue.grant(role, 'sqs:SendMessage');
    grantKey(role, queue.queue.encryptionMasterKey);
    table.grantItems(role, {
      partitions: [PARTITIONS.agents(name), `${PARTITIONS.contexts(name)}*`, `${PARTITIONS.tasks(name)}*`],
      actions: ['GetItem', 'Query', 'PutItem', 'UpdateItem'],
    });
    table.grantItems(role, { partitions: [PARTITIONS.patterns(name)], actions: ['GetItem'] });
    if (limits.length > 0) {
      const partitions = limits.map((limit) => PARTITIONS.limit(limit.name));
      table.grantItems(role, { partitions, actions: ['GetItem', 'UpdateItem'] });
    }
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
    // An agent asks when ECS accepted it, because it may have waited for an instance.
    if (ownProviders(capacity).length > 0) grantTasks(role, cluster, ['DescribeTasks']);
    this.grantHandler(agent.permissions);
  }

  /** Grants what the configuration says that the handler needs. */
  private grantHandler(permissions: PoolConfig['agent']['permissions']): void {
    if (permissions.length === 0) return;
    const statements = permissions.map((each) => new PolicyStatement(each));
    const policy = new Policy(this, 'Permissions', {
      statements,
      roles: [this.taskDefinition.taskRole as Role],
    });
    const reason = 'the pool’s configuration says so (agent.permissions)';
    // Ours are the actions that this project uses. A handler may need any.
    acknowledge(policy, { 'agentpool::actions-exist': reason });
    const wildcards = permissions.flatMap(({ actions, resources }) => [
      ...resources.filter((each) => each.includes('*')).map((each) => `Resource::${each}`),
      ...actions.filter((each) => each.includes('*')).map((each) => `Action::${each}`),
    ]);
    for (const each of wildcards) acknowledge(policy, { [`AwsSolutions-IAM5[${each}]`]: reason });
  }
}

const ARCHITECTURES = { arm64: CpuArchitecture.ARM64, x86_64: CpuArchitecture.X86_64 } as const;
