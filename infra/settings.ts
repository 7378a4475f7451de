import type { App } from 'aws-cdk-lib';
import * as z from 'zod';
import { ConfigError, type PoolConfig, parseProject } from '../shared/core/pool/config.ts';
import { DASHBOARDS } from './agent-platform.ts';

const settingsSchema = z.object({
  /** Name of the stack. An account can hold several. */
  stack: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,99}$/, 'expected letters, digits and -, starting with a letter')
    .default('Agentpool'),
  /** ID of an existing VPC, looked up with the credentials of the deployment. */
  vpc: z
    .string()
    .regex(/^vpc-[0-9a-f]+$/, 'expected the ID of a VPC, such as vpc-0a1b2c3d')
    .optional(),
  /** Name of an existing cluster in the VPC, which has the pools' capacity providers. */
  cluster: z.string().min(1).optional(),
  /** An image in a registry. Default: built from `agent/Dockerfile`. */
  image: z.string().min(1).optional(),
  /** ARN of a KMS key that encrypts everything that's stored. */
  kmsKey: z
    .string()
    .regex(/^arn:[^:]+:kms:[^:]+:\d+:key\/.+$/, 'expected the ARN of a KMS key')
    .optional(),
  alarmEmail: z.email('expected an email address').optional(),
  dashboards: z.enum(DASHBOARDS).default('all'),
});

export type Settings = z.infer<typeof settingsSchema> & { readonly pools: readonly PoolConfig[] };

/**
 * Reads the settings of a deployment from the command line (`-c name=value`). Its pools are those of `pools.config.ts`,
 * or JSON passed as `-c pools=…`.
 * @throws ConfigError that names each invalid setting and what's expected.
 */
export function readSettings(app: App, pools: unknown): Settings {
  rejectUnknown(app);
  const given = Object.fromEntries(
    Object.keys(settingsSchema.shape).map((name) => [name, app.node.tryGetContext(name) as unknown]),
  );
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path: [name = ''], message }) => `-c ${String(name)}=${String(given[name as string])}: ${message}`,
    );
    throw new ConfigError(problems.join('\n'));
  }
  const { cluster, vpc } = parsed.data;
  if (cluster !== undefined && vpc === undefined)
    throw new ConfigError(`-c cluster=${cluster} needs -c vpc=…, the VPC of its instances`);
  return { ...parsed.data, pools: parseProject(typeof pools === 'string' ? fromJson(pools) : pools) };
}

/** Rejects unknown names, which would have no effect. CDK's own names contain characters other than letters. */
function rejectUnknown(app: App): void {
  const known = [...Object.keys(settingsSchema.shape), 'pools'];
  const unknown = Object.keys(app.node.getAllContext()).filter(
    (name) => /^[A-Za-z]+$/.test(name) && !known.includes(name),
  );
  if (unknown.length > 0) {
    throw new ConfigError(`-c ${unknown.join(', ')}: unknown setting (settings: ${known.join(', ')})`);
  }
}

function fromJson(pools: string): unknown {
  try {
    return JSON.parse(pools);
  } catch (error) {
    throw new ConfigError(`-c pools=…: invalid JSON: ${(error as Error).message}`);
  }
}
