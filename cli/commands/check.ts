import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describeError } from '../../shared/core/foreign-text.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { CONFIG_FILE } from '../../shared/project/config-file.ts';
import { projectRoot } from '../../shared/project/own-files.ts';
import { command } from '../command.ts';
import { readConfig } from '../config-file.ts';
import { EXIT, styled } from '../result.ts';

/** "Fargate On-Demand vCPU resource count" and the same for Spot. */
const VCPU_QUOTAS = { 'on demand': 'L-3032A538', Spot: 'L-36FBB829' } as const;
const CPU_UNITS = 1024;

type Finding = {
  readonly what: 'configuration' | 'credentials' | 'quotas' | 'changes';
  readonly verdict: 'good' | 'bad' | 'not checked';
  readonly text: string;
};

export const check = command({
  command: 'check [file]',
  describe:
    'check the configuration, credentials and Fargate quotas, and show what a deployment would change',
  examples: [
    ['check', `check ${CONFIG_FILE} against the account of your AWS profile`],
    ['check --offline', 'check only the configuration'],
  ],
  positionals: ['file'],
  options: {
    file: { type: 'string', default: CONFIG_FILE, describe: 'configuration file' },
    offline: { type: 'boolean', default: false, describe: 'make no calls to AWS' },
  },
  async run({ file, offline, stack }) {
    const { pools } = await readConfig(file);
    const findings: Finding[] = [
      {
        what: 'configuration',
        verdict: 'good',
        text: pools
          .map(({ name, min, max, handler }) => `${name}: ${min} to ${max} agents of ${handler}`)
          .join('; '),
      },
    ];
    if (!offline) {
      const credentials = await checkCredentials();
      findings.push(credentials);
      if (credentials.verdict === 'good')
        findings.push(...(await Promise.all([checkQuotas(pools), checkChanges(stack)])));
    }
    const isBad = findings.some(({ verdict }) => verdict === 'bad');
    return {
      text: findings.map(line).join('\n'),
      value: findings,
      ...(isBad && { exitCode: EXIT.failed }),
    };
  },
});

function line({ what, verdict, text }: Finding): string {
  const mark = { good: styled('green', '✓'), bad: styled('red', '✗'), 'not checked': styled('yellow', '–') }[
    verdict
  ];
  return `${mark} ${what.padEnd(13)} ${text.split('\n').join(`\n${' '.repeat(16)}`)}`;
}

async function checkCredentials(): Promise<Finding> {
  try {
    const client = new STSClient({});
    const [{ Arn }, region] = await Promise.all([
      client.send(new GetCallerIdentityCommand({})),
      client.config.region(),
    ]);
    return { what: 'credentials', verdict: 'good', text: `${Arn} in ${region}` };
  } catch (error) {
    return {
      what: 'credentials',
      verdict: 'not checked',
      text: `no AWS account reached (${describeError(error)}): set --profile and --region, or use --offline`,
    };
  }
}

/** Compares what all pools need at their maximum with the account's Fargate quotas. */
async function checkQuotas(pools: readonly PoolConfig[]): Promise<Finding> {
  const client = new ServiceQuotasClient({});
  const needed = { 'on demand': 0, Spot: 0 };
  for (const { max, agent, capacity } of pools) {
    const base = Math.min(max, capacity.onDemandBase);
    const spot = ((max - base) * capacity.spotPercent) / 100;
    needed.Spot += (spot * agent.cpu) / CPU_UNITS;
    needed['on demand'] += ((max - spot) * agent.cpu) / CPU_UNITS;
  }
  try {
    const quotas = await Promise.all(
      (['on demand', 'Spot'] as const)
        .filter((kind) => needed[kind] > 0)
        .map(async (kind) => {
          const { Quota } = await client.send(
            new GetServiceQuotaCommand({ ServiceCode: 'fargate', QuotaCode: VCPU_QUOTAS[kind] }),
          );
          return { kind, needed: needed[kind], allowed: Quota?.Value ?? 0 };
        }),
    );
    const isEnough = quotas.every(({ needed: asked, allowed }) => asked <= allowed);
    const text = quotas
      .map(({ kind, needed: asked, allowed }) => `${asked} of ${allowed} vCPUs ${kind}`)
      .join(', ');
    return {
      what: 'quotas',
      verdict: isEnough ? 'good' : 'bad',
      text: `all pools at max need ${text}${isEnough ? '' : ': request an increase in Service Quotas, or lower max'}`,
    };
  } catch (error) {
    return { what: 'quotas', verdict: 'not checked', text: describeError(error) };
  }
}

/** Runs `cdk diff` on the templates alone: a change set would create something in the account. */
async function checkChanges(stack: string): Promise<Finding> {
  const cdk = findCdk();
  if (cdk === undefined)
    return {
      what: 'changes',
      verdict: 'not checked',
      text: 'cdk is not installed: run npm install --save-dev aws-cdk',
    };
  const child = spawn(
    process.execPath,
    [cdk, 'diff', '--method=template', '--no-color', '-c', `stack=${stack}`],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const text = output.trim();
  return code === 0
    ? { what: 'changes', verdict: 'good', text }
    : { what: 'changes', verdict: 'not checked', text: `cdk diff: ${text.split('\n').at(-1) ?? ''}` };
}

/** The CDK CLI that the project depends on, or undefined. */
function findCdk(): string | undefined {
  try {
    const manifest = createRequire(join(projectRoot, 'package.json')).resolve('aws-cdk/package.json');
    return join(dirname(manifest), 'bin', 'cdk');
  } catch {
    return undefined;
  }
}
