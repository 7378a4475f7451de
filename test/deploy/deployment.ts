import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type CloudFormationClient, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { unzipSync } from 'fflate';
import type { PoolInput } from '../../shared/core/pool/config.ts';
import { fillMotoGaps } from './moto-gaps.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Everything that a run writes. */
export const scratch = mkdtempSync(join(tmpdir(), 'agentpool-deploy-'));
const STACK = 'Agentpool';
const BOOTSTRAP_BUCKET = 'cdk-hnb659fds-assets-123456789012-us-east-1';

/** Runs `cdk` as a user does. Returns everything it printed. */
export async function cdk(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(join(ROOT, 'node_modules/.bin/cdk'), args, {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      HOME: scratch,
      ...environment,
      CI: 'true',
      NO_COLOR: '1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    },
    maxBuffer: 16 * 1024 * 1024,
  });
  return `${stdout}\n${stderr}`;
}

/** Synthesizes the real app with its bundles, and fills moto's gaps in the assembly. Returns its directory. */
export async function synthesizeForMoto(
  environment: Readonly<Record<string, string>>,
  pools: readonly PoolInput[],
): Promise<string> {
  const directory = await mkdtemp(join(scratch, 'assembly-'));
  const context = { image: 'public.ecr.aws/example/agents:1', pools: JSON.stringify(pools) };
  const flags = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  await cdk(environment, 'synth', '--quiet', '--output', directory, ...flags);
  fillMotoGaps(directory, STACK);
  return directory;
}

/** The template for an existing VPC, which `cdk` looks up: it runs the app a second time. */
export async function synthesizeForVpc(
  environment: Readonly<Record<string, string>>,
  vpc: string,
): Promise<string> {
  const directory = await mkdtemp(join(scratch, 'assembly-'));
  const remembered = join(ROOT, 'cdk.context.json');
  const before = existsSync(remembered) ? readFileSync(remembered) : undefined;
  try {
    await cdk(
      environment,
      'synth',
      '--quiet',
      '--output',
      directory,
      '-c',
      `vpc=${vpc}`,
      '-c',
      'image=a/b:1',
    );
    return readFileSync(join(directory, `${STACK}.template.json`), 'utf8');
  } finally {
    if (before === undefined) rmSync(remembered, { force: true });
    else writeFileSync(remembered, before);
  }
}

export type DeployedResource = {
  readonly type: string;
  readonly logicalId: string;
  readonly physicalId: string;
};

export async function resourcesOf(
  cloudFormation: CloudFormationClient,
): Promise<readonly DeployedResource[]> {
  const { StackResourceSummaries: found = [] } = await cloudFormation.send(
    new ListStackResourcesCommand({ StackName: STACK }),
  );
  return found.map(({ ResourceType, LogicalResourceId, PhysicalResourceId }) => ({
    type: ResourceType ?? '',
    logicalId: LogicalResourceId ?? '',
    physicalId: PhysicalResourceId ?? '',
  }));
}

/** Unpacks the code that was deployed for a function. Returns its entry. */
export async function unpackFunction(s3: S3Client, assembly: string, logicalId: string): Promise<string> {
  const template = JSON.parse(readFileSync(join(assembly, `${STACK}.template.json`), 'utf8')) as {
    Resources: Record<string, { Properties: { Code: { S3Key: string } } }>;
  };
  const Key = template.Resources[logicalId]?.Properties.Code.S3Key ?? '';
  const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: BOOTSTRAP_BUCKET, Key }));
  const files = unzipSync((await body?.transformToByteArray()) ?? new Uint8Array());
  const directory = await mkdtemp(join(scratch, 'function-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return join(directory, 'index.mjs');
}
