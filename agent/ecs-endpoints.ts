import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import type { Protection } from '../shared/ports/protection.ts';

/** An agent's identity as an ECS task. */
export type Identity = {
  readonly id: string;
  readonly revision: string;
  readonly launchedAtMs: number;
  /** When its own start began, if it was launched earlier and had to wait for an instance. */
  readonly pulledAtMs?: number;
};

/** An agent's identity, and where ECS runs it. */
export type OwnTask = {
  readonly identity: Identity;
  readonly cluster: string;
  /** Fargate, or an instance, for which the task may have had to wait. */
  readonly place: 'fargate' | 'instance';
};

/** Both endpoints are on the same host, and answer for AWS: a call that takes longer has failed. */
const TIMEOUT_MS = 5_000;
/** A first call may come before the endpoint is ready. An agent that exits for it would have to be placed again. */
const METADATA_ATTEMPTS = 5;
const METADATA_PAUSE_MS = 1_000;

/**
 * Longer than the time between two renewals, and short enough that a dead agent's protection doesn't delay a deployment
 * for long.
 */
const PROTECTION_MINUTES = 15;

const metadataSchema = z.object({
  Cluster: z.string(),
  TaskARN: z.string(),
  Family: z.string(),
  Revision: z.string(),
  PullStartedAt: z.string().optional(),
  /** "When using cluster capacity providers, this indicates whether the task is using Fargate or EC2 infrastructure." */
  LaunchType: z.string().optional(),
});

/** Reads the task metadata endpoint, version 4. An agent counts as launched when its image began to be pulled. */
export async function readOwnTask(metadataUri: string, nowMs: number): Promise<OwnTask> {
  const task = await readMetadata(metadataUri);
  return {
    identity: {
      id: task.TaskARN.split('/').at(-1) ?? '',
      revision: `${task.Family}:${task.Revision}`,
      launchedAtMs: task.PullStartedAt === undefined ? nowMs : Date.parse(task.PullStartedAt),
    },
    cluster: task.Cluster,
    place: task.LaunchType === 'FARGATE' ? 'fargate' : 'instance',
  };
}

async function readMetadata(metadataUri: string, attempt = 1): Promise<z.infer<typeof metadataSchema>> {
  try {
    const response = await fetch(`${metadataUri}/task`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`${metadataUri}/task returned ${response.status}`);
    return metadataSchema.parse(await response.json());
  } catch (error) {
    if (attempt === METADATA_ATTEMPTS) throw error;
    await setTimeout(METADATA_PAUSE_MS);
    return readMetadata(metadataUri, attempt + 1);
  }
}

const protectionSchema = z.object({
  protection: z.object({ ProtectionEnabled: z.boolean() }).optional(),
  failure: z.object({ Reason: z.string() }).optional(),
  error: z.object({ Code: z.string(), Message: z.string() }).optional(),
});

/** This task's own scale-in protection, through the ECS agent's endpoint. */
export function ecsProtection(ecsAgentUri: string): Protection {
  return {
    protect: () => put(ecsAgentUri, { ProtectionEnabled: true, ExpiresInMinutes: PROTECTION_MINUTES }),
    async release() {
      await put(ecsAgentUri, { ProtectionEnabled: false });
    },
  };
}

async function put(ecsAgentUri: string, body: object): Promise<boolean> {
  const response = await fetch(`${ecsAgentUri}/task-protection/v1/state`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { protection, failure, error } = protectionSchema.parse(await response.json());
  if (error) throw new Error(`task protection: ${error.Code}: ${error.Message}`);
  // A failure such as DEPLOYMENT_BLOCKED means that ECS refused: more tasks are protected than desired.
  return failure === undefined && protection !== undefined;
}
