/**
 * `agentpool/cdk`: pools of agents as constructs in a CDK app.
 * @module
 */
export { AgentPlatform, type AgentPlatformProps } from '../infra/agent-platform.ts';
export { AgentPool, type AgentPoolProps } from '../infra/agent-pool.ts';
export { ConfigError, definePools, type PoolConfig, type PoolInput } from '../shared/core/pool/config.ts';
