import * as z from 'zod';

const environmentSchema = z.object({
  AGENTPOOL_STACK: z.string().min(1),
  AGENTPOOL_TABLE: z.string().min(1),
  /** The path of the parameters that describe the pools. */
  AGENTPOOL_POOLS: z.string().startsWith('/'),
});

/** Reads what the stack sets for the functions that serve all pools. @throws Error if a variable is missing or invalid. */
export function readEnvironment(environment: NodeJS.ProcessEnv) {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const missing = parsed.error.issues.map((issue) => issue.path.join('.'));
    throw new Error(`missing environment variables: ${missing.join(', ')} (the CDK stack sets them)`);
  }
  const { AGENTPOOL_STACK: stack, AGENTPOOL_TABLE: table, AGENTPOOL_POOLS: pools } = parsed.data;
  return { stack, table, pools };
}
