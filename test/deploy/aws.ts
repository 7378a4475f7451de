import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import type { Gate, Principal } from './gate.ts';
import type { Policy } from './is-allowed.ts';

export type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

/** What the SDK and `cdk` read from the environment to talk to `endpoint`. */
export function environmentFor(endpoint: string, credentials: Credentials): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken !== undefined && { AWS_SESSION_TOKEN: credentials.sessionToken }),
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** A user who may do everything: for what the test itself does once moto asks who calls. */
export async function createAdministrator(iam: IAMClient): Promise<Credentials> {
  const UserName = 'administrator';
  await iam.send(new CreateUserCommand({ UserName }));
  const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  await iam.send(
    new PutUserPolicyCommand({ UserName, PolicyName: 'all', PolicyDocument: JSON.stringify(everything) }),
  );
  const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: key?.AccessKeyId ?? '', secretAccessKey: key?.SecretAccessKey ?? '' };
}

/** The deployed policies of a role. */
async function policiesOf(iam: IAMClient, RoleName: string): Promise<Policy[]> {
  const { PolicyNames: names = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  return Promise.all(
    names.map(async (name) => {
      const { PolicyDocument = '' } = await iam.send(
        new GetRolePolicyCommand({ RoleName, PolicyName: name }),
      );
      return { name, policy: JSON.parse(decodeURIComponent(PolicyDocument)) as unknown };
    }),
  );
}

type Statement = { readonly Action: string | string[]; readonly Resource: unknown };

/**
 * Credentials of a deployed role, whose calls the gate checks. moto compares the resource of a call with nothing but `*`,
 * except for S3: it is given the role's actions on `*`, so that it enforces these, and the gate the rest.
 */
export async function assume(
  { iam, sts, gate }: { readonly iam: IAMClient; readonly sts: STSClient; readonly gate: Gate },
  roleName: string,
): Promise<Credentials> {
  const roleArn = `arn:aws:iam::123456789012:role/${roleName}`;
  const policies = await policiesOf(iam, roleName);
  const actions = policies
    .flatMap(({ policy }) => (policy as { Statement: Statement[] }).Statement)
    .flatMap(({ Action }) => Action)
    .filter((action) => !action.startsWith('s3:'));
  const onAnything = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
  };
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: roleName,
      PolicyName: 'for-moto',
      PolicyDocument: JSON.stringify(onAnything),
    }),
  );
  const { Credentials: given } = await sts.send(
    new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'test' }),
  );
  const credentials = {
    accessKeyId: given?.AccessKeyId ?? '',
    secretAccessKey: given?.SecretAccessKey ?? '',
    sessionToken: given?.SessionToken ?? '',
  };
  gate.admit(credentials.accessKeyId, { roleArn, policies, credentials } satisfies Principal);
  return credentials;
}
