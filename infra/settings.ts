import type { App } from 'aws-cdk-lib';
import * as z from 'zod';
import { ConfigError, type PoolConfig, parsePools } from '../shared/core/pool/config.ts';
import { DASHBOARDS } from './agent-platform.ts';

const settingsSchema = z.object({
  /** Name of the stack: two of them live side by side in an account. */
  stack: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,99}$/, 'letters, digits and -, a letter first')
    .default('Agentpool'),
  /** An existing VPC. It is looked up with the credentials of the deployment. */
  vpc: z
    .string()
    .regex(/^vpc-[0-9a-f]+$/, 'the id of a VPC, such as vpc-0a1b2c3d')
    .optional(),
  /** An image in a registry instead of building `agent/Dockerfile`. */
  image: z.string().min(1).optional(),
  /** A KMS key that everything stored is encrypted with. */
  kmsKey: z
    .string()
    .regex(/^arn:[^:]+:kms:[^:]+:\d+:key\/.+$/, 'the ARN of a KMS key')
    .optional(),
  alarmEmail: z.email('an e-mail address').optional(),
  dashboards: z.enum(DASHBOARDS).default('all'),
});

export type Settings = z.infer<typeof settingsSchema> & { readonly pools: readonly PoolConfig[] };

/**
 * What a deployment is told on the command line as `-c name=value`, and its pools: those of `pools.config.ts`, or JSON
 * that was given as `-c pools=…`.
 * @throws ConfigError naming what is wrong and what is allowed.
 */
export function readSettings(app: App, pools: unknown): Settings {
  refuseUnknown(app);
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
  return { ...parsed.data, pools: parsePools(typeof pools === 'string' ? fromJson(pools) : pools) };
}

/** A name that is not known would have no effect, and nobody would notice. CDK's own have other characters in them. */
function refuseUnknown(app: App): void {
  const known = [...Object.keys(settingsSchema.shape), 'pools'];
  const unknown = Object.keys(app.node.getAllContext()).filter(
    (name) => /^[A-Za-z]+$/.test(name) && !known.includes(name),
  );
  if (unknown.length > 0) {
    throw new ConfigError(`-c ${unknown.join(', ')}: there is no such choice; there are ${known.join(', ')}`);
  }
}

function fromJson(pools: string): unknown {
  try {
    return JSON.parse(pools);
  } catch (error) {
    throw new ConfigError(`-c pools=…: not JSON: ${(error as Error).message}`);
  }
}
