import * as z from 'zod';

/** Ids of the outputs of what all pools share, and of each pool, in whatever stack they are; each is JSON. */
export const PLATFORM_OUTPUT = 'AgentpoolPlatform';
export const POOL_OUTPUT = 'AgentpoolPool';

const platformOutput = z.object({ clusterName: z.string(), tableName: z.string(), bucketName: z.string() });
const poolOutput = z.object({
  name: z.string(),
  service: z.string(),
  queueUrl: z.string(),
  deadLetterQueueUrl: z.string(),
});

/** What a stack tells its users: where everything is. */
export type StackOutputs = z.infer<typeof platformOutput> & {
  readonly pools: readonly z.infer<typeof poolOutput>[];
};

/**
 * Reads a stack's outputs, by their names as CDK makes them: an id, with what it is in before and a hash behind.
 * @throws Error when it is another stack.
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
