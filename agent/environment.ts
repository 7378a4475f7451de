import * as z from 'zod';
import { type PoolConfig, parsePools } from '../shared/core/pool/config.ts';
import { DEFAULT_HEALTH_FILE, HEALTH_FILE_VARIABLE } from '../shared/core/pool/health-check.ts';
import type { PoolAddress } from '../shared/tasks/address.ts';

export type AgentEnvironment = {
  readonly config: PoolConfig;
  /** The name of the platform's stack. */
  readonly stack: string;
  readonly tableName: string;
  readonly bucketName: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Where the pools are that this one delegates to, by name. */
  readonly delegates: Readonly<Record<string, PoolAddress>>;
  /** Base of the task metadata endpoint, version 4. */
  readonly metadataUri: string;
  /** Base of the ECS agent's endpoint. */
  readonly ecsAgentUri: string;
  /** Where the container's health check reads whether the handler is loaded. */
  readonly healthFile: string;
};

const environmentSchema = z.object({
  /** The pool's configuration as JSON. */
  AGENTPOOL_POOL: z.string(),
  AGENTPOOL_STACK: z.string(),
  AGENTPOOL_TABLE: z.string(),
  AGENTPOOL_BUCKET: z.string(),
  AGENTPOOL_QUEUE_URL: z.string(),
  AGENTPOOL_DEAD_LETTER_QUEUE_URL: z.string(),
  /** As JSON. */
  AGENTPOOL_DELEGATES: z.string().default('{}'),
  ECS_CONTAINER_METADATA_URI_V4: z.string(),
  ECS_AGENT_URI: z.string(),
  [HEALTH_FILE_VARIABLE]: z.string().default(DEFAULT_HEALTH_FILE),
});

/** Reads the environment set by the task definition and ECS. @throws when a variable is missing or invalid. */
export function readEnvironment(environment: NodeJS.ProcessEnv): AgentEnvironment {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const missing = parsed.error.issues.map((issue) => issue.path.join('.'));
    throw new Error(
      `missing in the environment: ${missing.join(', ')}. An agent runs as an ECS task of the stack, or in \`npm run demo\`.`,
    );
  }
  const [config] = parsePools([JSON.parse(parsed.data.AGENTPOOL_POOL)]);
  return {
    config: config as PoolConfig,
    stack: parsed.data.AGENTPOOL_STACK,
    tableName: parsed.data.AGENTPOOL_TABLE,
    bucketName: parsed.data.AGENTPOOL_BUCKET,
    queueUrl: parsed.data.AGENTPOOL_QUEUE_URL,
    deadLetterQueueUrl: parsed.data.AGENTPOOL_DEAD_LETTER_QUEUE_URL,
    delegates: JSON.parse(parsed.data.AGENTPOOL_DELEGATES) as AgentEnvironment['delegates'],
    metadataUri: parsed.data.ECS_CONTAINER_METADATA_URI_V4,
    ecsAgentUri: parsed.data.ECS_AGENT_URI,
    healthFile: parsed.data[HEALTH_FILE_VARIABLE],
  };
}
