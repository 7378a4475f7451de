import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describeError } from '../../shared/core/foreign-text.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { limitText } from '../../shared/core/pool/provider-limit.ts';
import { CONFIG_FILE } from '../../shared/project/config-file.ts';
import { checkChanges } from '../checks/changes.ts';
import type { Finding } from '../checks/finding.ts';
import { checkHandlers } from '../checks/handlers.ts';
import { checkImage } from '../checks/image.ts';
import { checkNames } from '../checks/names.ts';
import { checkQuotas } from '../checks/quotas.ts';
import { checkRoles } from '../checks/roles.ts';
import { checkSecrets } from '../checks/secrets.ts';
import { command } from '../command.ts';
import { readConfig } from '../config-file.ts';
import { EXIT, styled } from '../result.ts';

export const check = command({
  examples: [
    ['check', `check ${CONFIG_FILE} against the account of your AWS profile`],
    ['check --offline', 'check only the configuration and the handlers'],
  ],
  positionals: ['file'],
  options: {
    file: { type: 'string', default: CONFIG_FILE, describe: 'configuration file' },
    image: { type: 'string', describe: 'the image that you will deploy, if you name one with -c image=…' },
    offline: { type: 'boolean', default: false, describe: 'make no calls to AWS' },
  },
  async run({ file, image, offline, stack }) {
    const { pools } = await readConfig(file);
    const findings: Finding[] = [
      {
        what: 'configuration',
        verdict: 'good',
        text: pools.map(summary).join('; '),
      },
      await checkHandlers(pools),
    ];
    if (!offline) {
      const credentials = await checkCredentials();
      findings.push(credentials);
      if (credentials.verdict === 'good')
        findings.push(
          ...(await Promise.all([
            checkQuotas(pools),
            checkRoles(),
            checkSecrets(pools),
            ...(image === undefined ? [] : [checkImage(image, pools)]),
            checkNames(stack, pools),
            checkChanges(stack),
          ])),
        );
    }
    const isBad = findings.some(({ verdict }) => verdict === 'bad');
    return {
      text: findings.map(line).join('\n'),
      value: findings,
      ...(isBad && { exitCode: EXIT.failed }),
    };
  },
});

function summary({ name, min, max, handler, concurrency, limits }: PoolConfig): string {
  return [
    `${name}: ${min} to ${max} agents of ${handler}`,
    ...(concurrency > 1 ? [`${concurrency} slots each`] : []),
    ...(limits.length > 0 ? [`limited by ${limits.map(limitText).join(' and by ')}`] : []),
  ].join(', ');
}

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
