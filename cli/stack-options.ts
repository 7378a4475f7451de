import type { Options } from 'yargs';

/** Options that select the stack and the credentials. */
export const STACK_OPTIONS = {
  stack: {
    type: 'string',
    default: process.env['AGENTPOOL_STACK'] ?? 'Agentpool',
    describe: 'name of the stack, or AGENTPOOL_STACK',
  },
  outputs: {
    type: 'string',
    default: process.env['AGENTPOOL_OUTPUTS'],
    defaultDescription: 'AGENTPOOL_OUTPUTS',
    describe: 'file written by cdk deploy --outputs-file, instead of a call to CloudFormation',
  },
  profile: { type: 'string', describe: 'AWS profile' },
  region: { type: 'string', describe: 'AWS region' },
} as const satisfies Readonly<Record<string, Options>>;

export type StackOptions = {
  readonly stack: string;
  readonly outputs?: string | undefined;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
};

/** Sets the environment variables that the SDK reads when a client is created. */
export function useAccount({ profile, region }: StackOptions): void {
  if (profile !== undefined) process.env['AWS_PROFILE'] = profile;
  if (region !== undefined) process.env['AWS_REGION'] = region;
}
