import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PoolInput } from '../../shared/core/pool/config.ts';
import { ownModule, projectRoot } from '../../shared/project/own-files.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** The parts of a CloudFormation template that the local stack reads. */
export type Template = {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
};
export type Resource = {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
};

/** Here, an agent is a process of this machine, which has no instances, and no GPU for it alone. */
function onThisMachine({ capacity, agent, ...pool }: PoolInput): PoolInput {
  const { cpu, memoryMiB, gpus, ephemeralStorageGiB, ...rest } = agent ?? {};
  return { ...pool, agent: rest };
}

/**
 * Runs the CDK app like `cdk synth`, for the given pools and without bundling the functions.
 * @throws Error with the app's own message if the configuration is invalid.
 */
export async function synthesize(pools: readonly PoolInput[]): Promise<Template> {
  const outdir = await temporaryFolder('cdk');
  try {
    await promisify(execFile)(process.execPath, [ownModule('infra/app')], {
      cwd: projectRoot,
      env: {
        ...process.env,
        CDK_OUTDIR: outdir,
        CDK_CONTEXT_JSON: JSON.stringify({ pools: pools.map(onThisMachine), 'aws:cdk:bundling-stacks': [] }),
      },
    });
    return JSON.parse(await readFile(join(outdir, 'Agentpool.template.json'), 'utf8')) as Template;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(stderr?.trim() || (error as Error).message, { cause: error });
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}
