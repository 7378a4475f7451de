import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { ssmClient } from '../shared/aws/clients.ts';
import { ConfigError, type PoolConfig } from '../shared/core/pool/config.ts';

/** What a pool's agents get of the machine that they run on. */
export type AgentVariables = {
  readonly pool: string;
  /** Undefined: without a variable that local agents have otherwise. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The variables of `agent.secrets`, and where their values were found. */
  readonly secrets: readonly { readonly variable: string; readonly from: 'shell' | 'file' | 'nowhere' }[];
  readonly credentials: Credentials;
};

type Credentials =
  /** The pool has no `agent.permissions`. */
  | { readonly kind: 'not asked for' }
  | { readonly kind: 'found'; readonly accessKeyId: string; readonly region: string }
  | { readonly kind: 'not found'; readonly reason: string };

/** By which the SDK finds credentials. */
const CREDENTIAL_VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_EC2_METADATA_DISABLED',
] as const;

/**
 * Finds what the pools' agents need of this machine: values of their secrets in the environment, or else in a file such as
 * `.env`, and the user's AWS credentials where a pool has `agent.permissions`. Call it before the local stack takes over
 * the AWS variables of this process: afterwards, it finds the credentials that it has found before.
 */
export function variableFinder(
  shell: NodeJS.ProcessEnv = { ...process.env },
): (
  pools: readonly PoolConfig[],
  file: Readonly<Record<string, string | undefined>>,
) => Promise<readonly AgentVariables[]> {
  let own: Promise<Credentials> | undefined;
  const { AWS_ENDPOINT_URL_SQS: endpoint } = process.env;
  return async (pools, file) => {
    const isTakenOver = process.env['AWS_ENDPOINT_URL_SQS'] !== endpoint;
    if (pools.some(({ agent }) => agent.permissions.length > 0))
      own ??= isTakenOver ? Promise.resolve(TOO_LATE) : ownCredentials(shell);
    return variablesOf(pools, { file, shell, own: (await own) ?? NOT_ASKED_FOR });
  };
}

const TOO_LATE: Credentials = {
  kind: 'not found',
  reason: 'start the local stack again, which looks for them only then',
};
const NOT_ASKED_FOR: Credentials = { kind: 'not asked for' };

function variablesOf(
  pools: readonly PoolConfig[],
  {
    file,
    shell,
    own,
  }: {
    readonly file: Readonly<Record<string, string | undefined>>;
    readonly shell: NodeJS.ProcessEnv;
    readonly own: Credentials;
  },
): readonly AgentVariables[] {
  return pools.map(({ name, agent }) => {
    const secrets = Object.keys(agent.secrets).map((variable) => {
      if (shell[variable] !== undefined) return { variable, value: shell[variable], from: 'shell' } as const;
      const value = file[variable];
      return { variable, value, from: value === undefined ? 'nowhere' : 'file' } as const;
    });
    const credentials = agent.permissions.length > 0 ? own : NOT_ASKED_FOR;
    return {
      pool: name,
      variables: {
        ...Object.fromEntries(secrets.map(({ variable, value }) => [variable, value])),
        ...(credentials.kind === 'found' && awsVariables(credentials.region, shell)),
      },
      secrets: secrets.map(({ variable, from }) => ({ variable, from })),
      credentials,
    };
  });
}

function awsVariables(
  region: string,
  shell: NodeJS.ProcessEnv,
): Readonly<Record<string, string | undefined>> {
  const variables = CREDENTIAL_VARIABLES.map((name) => [name, shell[name]] as const);
  return { ...Object.fromEntries(variables), AWS_REGION: region, AWS_DEFAULT_REGION: region };
}

async function ownCredentials(shell: NodeJS.ProcessEnv): Promise<Credentials> {
  if (shell['AWS_ENDPOINT_URL_SQS'] !== undefined)
    return { kind: 'not found', reason: 'this terminal points at a local stack' };
  const { config } = ssmClient();
  const region = await config.region().catch(() => undefined);
  if (region === undefined) return { kind: 'not found', reason: 'no region: set --region or AWS_REGION' };
  try {
    const { accessKeyId } = await config.credentials();
    return { kind: 'found', accessKeyId, region };
  } catch (error) {
    return {
      kind: 'not found',
      reason: `${(error as Error).message}: sign in (aws sso login), or set --profile`,
    };
  }
}

/** Reads a file of variables. @throws ConfigError when it's missing and not just the default. */
export async function readVariables(
  path: string,
  { isDefault }: { readonly isDefault: boolean },
): Promise<Readonly<Record<string, string | undefined>>> {
  try {
    return parseEnv(await readFile(path, 'utf8'));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing && isDefault) return {};
    throw new ConfigError(isMissing ? `${path}: file not found` : `${path}: ${(error as Error).message}`);
  }
}

/** What was found and what wasn't, a line each, for people. */
export function describeVariables(all: readonly AgentVariables[], path: string): readonly string[] {
  return all.flatMap(({ pool, secrets, credentials }) => [
    ...secrets.map(({ variable, from }) => `${pool}: ${variable} ${WHERE[from](path)}`),
    ...aboutCredentials(credentials).map((text) => `${pool}: ${text}`),
  ]);
}

const WHERE: Readonly<Record<AgentVariables['secrets'][number]['from'], (path: string) => string>> = {
  shell: () => 'is set in this terminal',
  file: (path) => `is set in ${path}`,
  nowhere: (path) => `is missing (agent.secrets): set it in this terminal or in ${path}`,
};

function aboutCredentials(credentials: Credentials): readonly string[] {
  switch (credentials.kind) {
    case 'not asked for':
      return [];
    case 'found': {
      const { accessKeyId, region } = credentials;
      return [
        `agents have your AWS credentials (${accessKeyId}, ${region}), because the pool has agent.permissions; ` +
          'SQS, S3, DynamoDB, ECS, Lambda and SSM are local',
      ];
    }
    case 'not found':
      return [`AWS credentials are missing (agent.permissions): ${credentials.reason}`];
    default:
      return credentials satisfies never;
  }
}
