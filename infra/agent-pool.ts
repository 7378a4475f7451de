import { CfnOutput, Lazy, Stack } from 'aws-cdk-lib';
import type { ContainerImage, Secret } from 'aws-cdk-lib/aws-ecs';
import { type IGrantable, type IPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { PARTITIONS } from '../shared/aws/keys.ts';
import { POOL_OUTPUT } from '../shared/aws/stack-outputs.ts';
import { ConfigError, type PoolConfig, type PoolInput, parsePools } from '../shared/core/pool/config.ts';
import { objectPrefix } from '../shared/ports/object-keys.ts';
import type { PoolAddress } from '../shared/tasks/address.ts';
import { agentImage } from './agent-image.ts';
import type { AgentPlatform } from './agent-platform.ts';
import { AgentService } from './agent-service.ts';
import { checkCapacity } from './capacity.ts';
import type { DeployedPool } from './deployed-pool.ts';
import { grantKey } from './grants/grant-key.ts';
import { prefixOf } from './names.ts';
import { AgentpoolRules } from './rules/plugin.ts';
import { PoolQueue } from './storage/pool-queue.ts';
import { PoolPage } from './watch/dashboards/pool-page.ts';
import { PoolAlarms } from './watch/pool-alarms.ts';

export type AgentPoolProps = {
  readonly platform: AgentPlatform;
  /** The pool, as in `pools.config.ts`. @throws ConfigError if it's invalid. */
  readonly pool: PoolInput;
  /** An image for the pool's architecture, with the project in its working directory. Default: built from `agent/Dockerfile`. */
  readonly image?: ContainerImage;
  /** Variables from secrets of the app, beside those of `pool.agent.secrets`. */
  readonly secrets?: Readonly<Record<string, Secret>>;
};

/**
 * A pool of agents: its queues, ECS service, alarms and dashboard.
 *
 * ```ts
 * const platform = new AgentPlatform(this, 'Agents');
 * const support = new AgentPool(this, 'Support', { platform, pool: { name: 'support', handler: './agent/support.ts' } });
 * support.grantSend(api);
 * ```
 */
export class AgentPool extends Construct implements DeployedPool, IGrantable {
  readonly pool: PoolConfig;
  readonly queue: PoolQueue;
  readonly agents: AgentService;
  readonly stack: string;
  /** The agents' role: `bucket.grantRead(pool)` lets the handler read. */
  readonly grantPrincipal: IPrincipal;
  /** The pool's address as JSON. Pass it to a task sender, for `awsTaskClient` of `agentpool/tasks`. */
  readonly address: string;
  /** As {@link address}, with CDK's references in it. */
  readonly #addressOf: PoolAddress;
  readonly #delegates: Record<string, PoolAddress> = {};
  readonly #platform: AgentPlatform;

  constructor(scope: Construct, id: string, { platform, pool, image, secrets = {} }: AgentPoolProps) {
    super(scope, id);
    AgentpoolRules.check(this);
    [this.pool] = parsePools([pool]) as [PoolConfig];
    checkCapacity(this.pool, platform);
    this.stack = Stack.of(platform).stackName;
    this.#platform = platform;
    const { encryptionKey } = platform;
    const prefix = prefixOf(platform);
    this.queue = new PoolQueue(this, 'Tasks', { pool: this.pool, prefix, encryptionKey });
    this.agents = new AgentService(this, 'Agents', {
      pool: this.pool,
      stack: this.stack,
      name: `${prefix}-${this.pool.name}`,
      cluster: platform.cluster,
      network: platform.network,
      image: image ?? agentImage(this, this.pool.agent.architecture),
      secrets,
      queue: this.queue,
      table: platform.table,
      contexts: platform.contexts,
      encryptionKey,
    });
    this.grantPrincipal = this.agents.taskDefinition.taskRole;
    const { alarms } = new PoolAlarms(this, 'Alarms', { deployed: this, topic: platform.alarms });
    const page = platform.dashboards !== 'none' ? platform.dashboardName(this.pool.name) : undefined;
    if (page !== undefined) {
      const scalerLogs = platform.scaler.function.logGroup;
      new PoolPage(this, 'Page', { name: page, deployed: this, alarms, scalerLogs });
    }
    const address = {
      pool: this.pool.name,
      queueUrl: this.queue.queue.queueUrl,
      tableName: platform.table.table.tableName,
      bucketName: platform.contexts.bucket.bucketName,
      scaler: platform.scaler.function.functionName,
    } satisfies PoolAddress;
    this.#addressOf = address;
    this.address = Stack.of(this).toJsonString(address);
    platform.add(this, page);
    new CfnOutput(this, POOL_OUTPUT, {
      description: `Pool ${this.pool.name}: its address, for awsTaskClient, and what operators need`,
      value: Stack.of(this).toJsonString({
        ...address,
        service: this.agents.service.serviceName,
        deadLetterQueueUrl: this.queue.deadLetterQueue.queueUrl,
        logGroup: this.agents.logs.logGroupName,
      }),
    });
  }

  /** Lets this pool's handlers send tasks to another one, as its `delegatesTo` says. */
  delegateTo(other: AgentPool): void {
    if (Object.keys(this.#delegates).length === 0) {
      const delegates = Lazy.string({ produce: () => Stack.of(this).toJsonString(this.#delegates) });
      this.agents.taskDefinition.defaultContainer?.addEnvironment('AGENTPOOL_DELEGATES', delegates);
    }
    if (Stack.of(other) !== Stack.of(this))
      throw new ConfigError(
        `pool "${this.pool.name}" can't delegate to "${other.pool.name}", which is in another stack: pools that delegate ` +
          'to each other belong in one stack',
      );
    this.#delegates[other.pool.name] = other.#addressOf;
    other.grantSend(this);
  }

  /** Grants permission to send tasks to this pool, to wake it, and to read their results. */
  grantSend(grantee: IGrantable): void {
    const { name } = this.pool;
    const { table, contexts, scaler } = this.#platform;
    const { queue } = this.queue;
    queue.grant(grantee, 'sqs:SendMessage');
    grantKey(grantee, queue.encryptionMasterKey);
    table.grantItems(grantee, {
      partitions: [`${PARTITIONS.tasks(name)}*`],
      actions: ['GetItem', 'PutItem', 'DeleteItem'],
    });
    table.grantItems(grantee, { partitions: [PARTITIONS.pool(name)], actions: ['GetItem'] });
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [scaler.function.functionArn],
      }),
    );
    contexts.grantObjects(grantee, [objectPrefix('payloads', name)], ['PutObject']);
    contexts.grantObjects(
      grantee,
      [objectPrefix('results', name), objectPrefix('progress', name)],
      ['GetObject'],
    );
  }
}
