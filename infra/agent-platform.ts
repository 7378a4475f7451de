import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerInsights, type ICluster } from 'aws-cdk-lib/aws-ecs';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { PLATFORM_OUTPUT } from '../shared/aws/stack-outputs.ts';
import { parsePools } from '../shared/core/pool/config.ts';
import { dashboardName } from '../shared/telemetry/dashboard-name.ts';
import type { DeployedPool } from './deployed-pool.ts';
import { acknowledge } from './grants/acknowledge.ts';
import { grantLogsKey } from './grants/grant-logs-key.ts';
import { Compactor } from './lambda/compactor.ts';
import { Reconciler } from './lambda/reconciler.ts';
import { Scaler } from './lambda/scaler.ts';
import { Network } from './network.ts';
import { PoolDirectory } from './pool-directory.ts';
import { AgentpoolRules } from './rules/plugin.ts';
import { ContextBucket } from './storage/context-bucket.ts';
import { PoolTable } from './storage/pool-table.ts';
import { AlarmTopic } from './watch/alarm-topic.ts';
import { Overview } from './watch/dashboards/overview.ts';
import { PlatformAlarms } from './watch/platform-alarms.ts';

export const DASHBOARDS = ['all', 'pages', 'none'] as const;
export type Dashboards = (typeof DASHBOARDS)[number];

export type AgentPlatformProps = {
  /** The VPC that agents run in. Default: a small new VPC without NAT gateways. */
  readonly vpc?: IVpc;
  /**
   * The subnets of the VPC that agents run in. Default: private ones with egress, or else public ones, or else isolated
   * ones, which need endpoints (docs/deploy.md).
   */
  readonly subnets?: SubnetSelection;
  /** Default: one that allows all outbound and no inbound traffic. */
  readonly securityGroups?: readonly ISecurityGroup[];
  /** A cluster of your own, with the capacity providers of its pools. Default: a new one, with Fargate's. */
  readonly cluster?: ICluster;
  /** The table of an earlier deployment, to go on with its contexts. Default: a new one. */
  readonly table?: ITable;
  /** The bucket of an earlier deployment, which goes with its table. Default: a new one. */
  readonly bucket?: IBucket;
  /** A topic of your own for alarms. Its policy and its key must admit CloudWatch. Default: a new one. */
  readonly alarmTopic?: ITopic;
  /** Encrypts everything that's stored. Default: AWS's own keys, which are free. */
  readonly encryptionKey?: IKey;
  /** Email address for alarms. Anything else can subscribe to {@link AgentPlatform.alarms}. */
  readonly alarmEmail?: string;
  /** `all`: an overview and a page per pool (default). `pages`: only the pages. `none`: no dashboards. */
  readonly dashboards?: Dashboards;
};

/** A pool that may send tasks to others. */
export type Delegating = DeployedPool & Construct & { delegateTo(other: Delegating): void };

/** What the pools of a stack share: table, context bucket, network, functions and alarms. */
export class AgentPlatform extends Construct {
  readonly encryptionKey: IKey | undefined;
  readonly dashboards: Dashboards;
  readonly table: PoolTable;
  readonly contexts: ContextBucket;
  readonly network: Network;
  readonly cluster: ICluster;
  /** Whether the cluster has only Fargate's capacity providers. */
  readonly fargateOnly: boolean;
  readonly alarms: AlarmTopic;
  readonly directory: PoolDirectory;
  readonly scaler: Scaler;
  readonly reconciler: Reconciler;
  readonly compactor: Compactor;
  private readonly overview: Overview | undefined;
  readonly #pools: Delegating[] = [];

  constructor(scope: Construct, id: string, props: AgentPlatformProps = {}) {
    super(scope, id);
    AgentpoolRules.check(this);
    const { encryptionKey, alarmEmail } = props;
    this.dashboards = props.dashboards ?? 'all';
    this.encryptionKey = encryptionKey;
    grantLogsKey(this, encryptionKey);
    this.table = new PoolTable(this, 'Table', { encryptionKey, existing: props.table });
    this.contexts = new ContextBucket(this, 'Contexts', { encryptionKey, existing: props.bucket });
    this.network = new Network(this, 'Network', { ...props, encryptionKey });
    this.fargateOnly = props.cluster === undefined;
    this.cluster = props.cluster ?? newCluster(this, this.network.vpc);
    this.alarms = new AlarmTopic(this, 'Alarms', {
      encryptionKey,
      email: alarmEmail,
      existing: props.alarmTopic,
    });
    this.directory = new PoolDirectory(this, 'Pools');
    const { table, cluster, contexts, directory } = this;
    const shared = { table, cluster, contexts, directory, encryptionKey };
    this.scaler = new Scaler(this, 'Scaler', { ...shared, fargateOnly: this.fargateOnly });
    this.reconciler = new Reconciler(this, 'Reconciler', shared);
    this.compactor = new Compactor(this, 'Compactor', shared);
    const functions = {
      scale: this.scaler.function,
      reconcile: this.reconciler.function,
      compact: this.compactor.function,
    };
    new PlatformAlarms(this, 'PlatformAlarms', { ...functions, topic: this.alarms });
    this.overview =
      this.dashboards === 'all'
        ? new Overview(this, 'Overview', {
            name: this.dashboardName(),
            alarms: this.alarms.alarms,
            functions,
          })
        : undefined;
    this.node.addValidation({ validate: () => this.#unknownDelegates() });
    new CfnOutput(this, PLATFORM_OUTPUT, {
      description: 'Shared resources of all pools, for clients and operators',
      value: Stack.of(this).toJsonString({
        clusterName: this.cluster.clusterName,
        tableName: this.table.table.tableName,
        bucketName: this.contexts.bucket.bucketName,
        scalerName: this.scaler.function.functionName,
        alarmTopicArn: this.alarms.topic.topicArn,
        logGroups: {
          scaler: functions.scale.logGroup.logGroupName,
          reconciler: functions.reconcile.logGroup.logGroupName,
          compactor: functions.compact.logGroup.logGroupName,
        },
      }),
    });
  }

  /**
   * Registers a pool, which may be in another stack: what it needs is created there, and the platform refers to none of
   * it. `page` is the name of its dashboard, if it has one.
   * @throws ConfigError when it doesn't go with the pools before it: what pools share has the same amounts in all of them.
   */
  add(pool: Delegating, page: string | undefined): void {
    this.#connect(pool);
    parsePools(
      this.#pools.map((each) => each.pool),
      `the pools of ${this.node.path}`,
    );
    this.directory.add(pool, { pool: pool.pool, queue: pool.queue, service: pool.agents.name });
    this.compactor.add(pool, pool.pool);
    if (page !== undefined && Stack.of(pool) === Stack.of(this)) this.overview?.add(pool, page);
  }

  /** Lets a new pool and those before it send to each other, as their configurations say. */
  #connect(pool: Delegating): void {
    this.#pools.push(pool);
    for (const other of this.#pools) {
      if (pool.pool.delegatesTo.includes(other.pool.name)) pool.delegateTo(other);
      if (other !== pool && other.pool.delegatesTo.includes(pool.pool.name)) other.delegateTo(pool);
    }
  }

  #unknownDelegates(): string[] {
    const names = this.#pools.map(({ pool }) => pool.name);
    return this.#pools.flatMap(({ pool }) =>
      pool.delegatesTo
        .filter((name) => !names.includes(name))
        .map((name) => `pool "${pool.name}" delegates to "${name}", which isn't a pool of its platform`),
    );
  }

  /** The name of a pool's dashboard, or of the overview. */
  dashboardName(pool?: string): string {
    const { stackName: stack, region } = Stack.of(this);
    return dashboardName({ stack, region, pool });
  }
}

function newCluster(scope: Construct, vpc: IVpc): Cluster {
  const cluster = new Cluster(scope, 'Cluster', {
    vpc,
    enableFargateCapacityProviders: true,
    containerInsightsV2: ContainerInsights.DISABLED,
  });
  acknowledge(cluster, {
    'AwsSolutions-ECS4':
      'Container Insights charges per metric and shows the CPU and memory of a service. Each pool has its own dashboard.',
  });
  return cluster;
}
