import * as z from 'zod';

const poolOutput = z.object({
  name: z.string(),
  service: z.string(),
  queueUrl: z.string(),
  deadLetterQueueUrl: z.string(),
});

const sharedOutputs = z.object({ ClusterName: z.string(), TableName: z.string(), BucketName: z.string() });

/** What a stack tells its users: where everything is. */
export type StackOutputs = z.infer<typeof sharedOutputs> & {
  readonly Pools: readonly z.infer<typeof poolOutput>[];
};

/** Reads a stack's outputs; each pool has one of its own. @throws ZodError when it is another stack. */
export function parseStackOutputs(outputs: Readonly<Record<string, unknown>>): StackOutputs {
  const pools = Object.entries(outputs).filter(([key]) => /^Pool.*Output/.test(key));
  return {
    ...sharedOutputs.parse(outputs),
    Pools: pools.map(([, json]) => poolOutput.parse(JSON.parse(String(json)))),
  };
}
