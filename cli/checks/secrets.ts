import {
  DescribeSecretCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, ParameterNotFound } from '@aws-sdk/client-ssm';
import { ssmClient } from '../../shared/aws/clients.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { checked } from './finding.ts';

/** An agent whose secret doesn't exist is never started, and the deployment waits for it. */
export function checkSecrets(pools: readonly PoolConfig[]) {
  return checked('secrets', async () => {
    const named = pools.flatMap(({ name, agent }) =>
      Object.entries(agent.secrets).map(([variable, stored]) => ({ pool: name, variable, stored })),
    );
    const found = await Promise.all(
      named.map(async (each) => ({ ...each, exists: await exists(each.stored) })),
    );
    const missing = found.filter((each) => !each.exists);
    if (missing.length === 0)
      return { verdict: 'good', text: named.length === 0 ? 'none named' : `all ${named.length} exist` };
    const text = missing.map(({ pool, variable, stored }) => `${pool}: ${variable} (${stored})`).join(', ');
    return { verdict: 'bad', text: `not in this account and region: ${text}` };
  });
}

async function exists(stored: string): Promise<boolean> {
  try {
    if (stored.startsWith('ssm:'))
      await ssmClient().send(new GetParameterCommand({ Name: stored.slice('ssm:'.length) }));
    else await new SecretsManagerClient({}).send(new DescribeSecretCommand({ SecretId: secretId(stored) }));
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFoundException || error instanceof ParameterNotFound) return false;
    throw error;
  }
}

/** Without the field of its JSON. */
function secretId(stored: string): string {
  const parts = stored.split(':');
  return stored.startsWith('arn:') ? parts.slice(0, 7).join(':') : (parts[0] ?? '');
}
