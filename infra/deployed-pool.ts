import type { PoolConfig } from '../shared/core/pool/config.ts';
import type { AgentService } from './agent-service.ts';
import type { PoolQueue } from './storage/pool-queue.ts';

/** A pool and the resources created for it. */
export type DeployedPool = {
  /** The name of the platform's stack. */
  readonly stack: string;
  readonly pool: PoolConfig;
  readonly queue: PoolQueue;
  readonly agents: AgentService;
};
