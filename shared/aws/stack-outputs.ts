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
  /** The functions' log groups. A stack of an earlier version doesn't say them. */
  logGroups: z.object({ scaler: z.string(), reconciler: z.string(), compactor: z.string() }).optional(),
});
const poolOutput = z
  .object({
    pool: z.string(),
    service: z.string(),
    queueUrl: z.string(),
    deadLetterQueueUrl: z.string(),
    /** The agents' log group. A stack of an earlier version doesn't say it. */
    logGroup: z.string().optional(),
  })
  .transform(({ pool: name, ...urls }) => ({ name, ...urls }));

/** Where a stack's resources are. */
export type StackOutputs = Omit<z.infer<typeof platformOutput>, 'logGroups'> & {
  readonly pools: readonly Omit<z.infer<typeof poolOutput>, 'logGroup'>[];
  readonly logs: Logs;
};

/** The log groups of the agents, by pool, and of the functions. */
export type LogGroups = {
  readonly pools: Readonly<Record<string, string>>;
  readonly functions: Readonly<Record<'scaler' | 'reconciler' | 'compactor', string>>;
};

/** Where the stack's logs are. */
type Logs =
  | { readonly kind: 'groups'; readonly groups: LogGroups }
  /** Of a local stack. */
  | { readonly kind: 'files'; readonly directory: string }
  /** Of a stack of an earlier version. */
  | { readonly kind: 'unknown' };

/** The output with the directory of a local stack's logs. */
export const LOCAL_LOGS_OUTPUT = 'LocalLogs';

/**
 * Parses a stack's outputs. CDK names them with the path of their scope, the id and a hash.
 * @throws Error when it isn't an agentpool stack.
 */
export function parseStackOutputs(outputs: Readonly<Record<string, unknown>>): StackOutputs {
  const valuesOf = (id: string) =>
    Object.entries(outputs).flatMap(([name, json]) =>
      new RegExp(`${id}[0-9A-F]{8}$`).test(name) ? [JSON.parse(String(json)) as unknown] : [],
    );
  const [found] = valuesOf(PLATFORM_OUTPUT);
  const { logGroups, ...platform } = platformOutput.parse(found);
  const all = valuesOf(POOL_OUTPUT).map((pool) => poolOutput.parse(pool));
  const directory = outputs[LOCAL_LOGS_OUTPUT];
  const groups = all.map(({ name, logGroup }) => [name, logGroup] as const);
  return {
    ...platform,
    pools: all.map(({ logGroup: _, ...pool }) => pool),
    logs:
      directory === undefined ? logsIn(groups, logGroups) : { kind: 'files', directory: String(directory) },
  };
}

function logsIn(
  groups: readonly (readonly [string, string | undefined])[],
  functions: LogGroups['functions'] | undefined,
): Logs {
  const pools = groups.flatMap(([pool, group]) => (group === undefined ? [] : [[pool, group] as const]));
  if (functions === undefined || pools.length < groups.length) return { kind: 'unknown' };
  return { kind: 'groups', groups: { pools: Object.fromEntries(pools), functions } };
}
