/**
 * `agentpool/cdk`: CDK constructs for pools of agents.
 * @module
 */
export { AgentPlatform, type AgentPlatformProps } from '../infra/agent-platform.ts';
export { AgentPool, type AgentPoolProps } from '../infra/agent-pool.ts';
export { ConfigError, definePools, type PoolConfig, type PoolInput } from '../shared/core/pool/config.ts';
