import { paginateGetParametersByPath, type SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { type PoolConfig, parsePools } from '../core/pool/config.ts';

/** A pool as the stack describes it to its functions. */
export type DescribedPool = {
  readonly config: PoolConfig;
  readonly queueUrl: string;
  readonly service: string;
  /** How long SQS keeps a message. */
  readonly retentionSeconds: number;
};

const descriptionSchema = z.object({
  config: z.unknown(),
  queueUrl: z.string(),
  service: z.string(),
  retentionSeconds: z.number(),
});

/**
 * Reads the descriptions of a stack's pools: a parameter for each, ten to a page. Lambda's environment, with its 4 KB,
 * had room for a dozen pools. @throws Error if a description is invalid.
 */
export async function readPoolDirectory(
  ssm: SSMClient,
  path: string,
): Promise<{ readonly pools: readonly DescribedPool[]; readonly text: string }> {
  const values: string[] = [];
  for await (const { Parameters = [] } of paginateGetParametersByPath({ client: ssm }, { Path: path }))
    for (const { Value = '' } of Parameters) values.push(Value);
  const described = values.toSorted().map((value) => descriptionSchema.parse(JSON.parse(value)));
  if (described.length === 0) return { pools: [], text: '' };
  const configs = parsePools(
    described.map(({ config }) => config),
    path,
  );
  const pools = described.map((pool, index) => ({ ...pool, config: configs[index] as PoolConfig }));
  return { pools, text: values.toSorted().join('\n') };
}
