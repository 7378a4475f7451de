import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-ecs';
import { Secret as StoredSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { ConfigError } from '../shared/core/pool/config.ts';

/**
 * The secrets of a pool's agents, by the name of their variable. Each is stored in Secrets Manager or in Parameter Store:
 *
 * - `name` or `name:field`, a secret of this account and region, or a field of its JSON;
 * - `arn:aws:secretsmanager:REGION:ACCOUNT:secret:name-AbCdEf` with or without `:field`, complete with its six characters;
 * - `ssm:/path`, a parameter.
 *
 * @throws ConfigError for an ARN of another service.
 */
export function secretsOf(
  scope: Construct,
  secrets: Readonly<Record<string, string>>,
): Record<string, Secret> {
  return Object.fromEntries(
    Object.entries(secrets).map(([variable, stored]) => [variable, secretOf(scope, variable, stored)]),
  );
}

function secretOf(scope: Construct, variable: string, stored: string): Secret {
  const id = `Secret-${variable}`;
  if (stored.startsWith('ssm:')) {
    const parameterName = stored.slice('ssm:'.length);
    return Secret.fromSsmParameter(
      StringParameter.fromSecureStringParameterAttributes(scope, id, { parameterName }),
    );
  }
  if (stored.startsWith('arn:')) {
    const { arn, field } = partsOfArn(variable, stored);
    return Secret.fromSecretsManager(StoredSecret.fromSecretCompleteArn(scope, id, arn), field);
  }
  const [name = '', field] = stored.split(':');
  // A name may end like the six characters of a complete ARN, and CDK would take it for one: the ARN without them is
  // what ECS and IAM understand in any case.
  const arn = Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: name,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return Secret.fromSecretsManager(StoredSecret.fromSecretPartialArn(scope, id, arn), field);
}

/** An ARN has seven parts; the eighth is a field. */
function partsOfArn(variable: string, stored: string): { readonly arn: string; readonly field?: string } {
  const parts = stored.split(':');
  const arn = parts.slice(0, 7).join(':');
  const { service, resource } = Arn.split(arn, ArnFormat.COLON_RESOURCE_NAME);
  if (service !== 'secretsmanager' || resource !== 'secret' || !/-[A-Za-z0-9]{6}$/.test(arn))
    throw new ConfigError(
      `secret ${variable}: ${stored} is no complete ARN of Secrets Manager, which ends with a hyphen and six characters; ` +
        'for a parameter, use ssm:/path',
    );
  return { arn, ...(parts[7] !== undefined && { field: parts[7] }) };
}
