import * as z from 'zod';

/** Ids of the stack outputs of the shared platform and of each pool. Each value is JSON. */
export const PLATFORM_OUTPUT = 'AgentpoolPlatform';
export const POOL_OUTPUT = 'AgentpoolPool';

const platformOutput = z.object({
  clusterName: z.string(),
  tableName: z.string(),
  bucketName: z.string(),
  /** A stack of an earlier version doesn't say it. */
  scalerName: z.string().optional(),
});
const poolOutput = z
  .object({
    pool: z.string(),
    service: z.string(),
    queueUrl: z.string(),
    deadLetterQueueUrl: z.string(),
  })
  .transform(({ pool: name, ...urls }) => ({ name, ...urls }));

/** Where a stack's resources are. */
export type StackOutputs = z.infer<typeof platformOutput> & {
  readonly pools: readonly z.infer<typeof poolOutput>[];
};

/**
 * Parses a stack's outputs. CDK names them with the path of their scope, the id and a hash.
 * @throws Error when it isn't an agentpool stack.
 */
export function parseStackOutputs(outputs: Readonly<Record<string, unknown>>): StackOutputs {
  const valuesOf = (id: string) =>
    Object.entries(outputs).flatMap(([name, json]) =>
      new RegExp(`${id}[0-9A-F]{8}$`).test(name) ? [JSON.parse(String(json)) as unknown] : [],
    );
  const [platform] = valuesOf(PLATFORM_OUTPUT);
  return {
    ...platformOutput.parse(platform),
    pools: valuesOf(POOL_OUTPUT).map((pool) => poolOutput.parse(pool)),
  };
}
