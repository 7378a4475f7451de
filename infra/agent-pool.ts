import { fileURLToPath } from 'node:url';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { type PoolConfig, type PoolInput, parsePools } from '../shared/pool/config.ts';
import { type AgentPlatform, dashboardName } from './agent-platform.ts';
import { AgentService } from './agent-service.ts';
import type { DeployedPool } from './deployed-pool.ts';
import { PoolQueue } from './storage/pool-queue.ts';
import { PoolPage } from './watch/dashboards/pool-page.ts';
import { PoolAlarms } from './watch/pool-alarms.ts';

export type AgentPoolProps = {
  readonly platform: AgentPlatform;
  /** The pool, as in `pools.config.ts`. @throws ConfigError when it is wrong. */
  readonly pool: PoolInput;
  /** What agents run: an arm64 image that contains this project's `agent/`. Without it, `agent/Dockerfile` is built. */
  readonly image?: ContainerImage;
};

/**
 * A pool of agents: its queues, its agents, its alarms and its page.
 *
 * ```ts
 * const platform = new AgentPlatform(this, 'Agents');
 * const support = new AgentPool(this, 'Support', { platform, pool: { name: 'support', handler: './agent/support.ts' } });
 * support.queue.queue.grantSendMessages(api);
 * ```
 */
export class AgentPool extends Construct implements DeployedPool {
  readonly pool: PoolConfig;
  readonly queue: PoolQueue;
  readonly agents: AgentService;

  constructor(scope: Construct, id: string, { platform, pool, image }: AgentPoolProps) {
    super(scope, id);
    [this.pool] = parsePools([pool]) as [PoolConfig];
    const { encryptionKey } = platform;
    this.queue = new PoolQueue(this, 'Tasks', { pool: this.pool, encryptionKey });
    this.agents = new AgentService(this, 'Agents', {
      pool: this.pool,
      cluster: platform.cluster,
      network: platform.network,
      image: image ?? bundledImage(),
      queue: this.queue,
      table: platform.table,
      contexts: platform.contexts,
      encryptionKey,
    });
    const { alarms } = new PoolAlarms(this, 'Alarms', this, platform.alarms);
    const page = platform.dashboards !== 'none' ? dashboardName(this, this.pool.name) : undefined;
    if (page !== undefined) {
      const scalerLogs = platform.scaler.function.logGroup;
      new PoolPage(this, 'Page', { name: page, deployed: this, alarms, scalerLogs });
    }
    platform.add(this, page);
  }
}

/** The project's own image, which CDK builds with Docker. */
function bundledImage(): ContainerImage {
  return ContainerImage.fromAsset(fileURLToPath(new URL('..', import.meta.url)), {
    file: 'agent/Dockerfile',
    platform: Platform.LINUX_ARM64,
    exclude: ['*', '!agent', '!shared', '!package.json', '!package-lock.json'],
  });
}
