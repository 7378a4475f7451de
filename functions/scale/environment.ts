import * as z from 'zod';
import type { ScalerPool } from '../../shared/aws/open-pool.ts';
import { parsePools } from '../../shared/core/pool/config.ts';

export type ScaleEnvironment = {
  readonly table: string;
  readonly cluster: string;
  readonly pools: readonly ScalerPool[];
};

const environmentSchema = z.object({
  AGENTPOOL_TABLE: z.string().min(1),
  AGENTPOOL_CLUSTER: z.string().min(1),
  /** A JSON list of {@link deployedPool}. */
  AGENTPOOL_POOLS: z.string().min(1),
});

const deployedPool = z.object({ config: z.unknown(), queueUrl: z.string(), service: z.string() });

/** Reads the function's environment, once per cold start. @throws Error if a variable is missing or invalid. */
export function readEnvironment(environment: NodeJS.ProcessEnv): ScaleEnvironment {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const missing = parsed.error.issues.map((issue) => issue.path.join('.'));
    throw new Error(`missing environment variables: ${missing.join(', ')} (the CDK stack sets them)`);
  }
  const pools = z.array(deployedPool).parse(JSON.parse(parsed.data.AGENTPOOL_POOLS));
  const configs = parsePools(pools.map((pool) => pool.config));
  return {
    table: parsed.data.AGENTPOOL_TABLE,
    cluster: parsed.data.AGENTPOOL_CLUSTER,
    pools: configs.map((config, index) => ({ ...(pools[index] as ScalerPool), config })),
  };
}
