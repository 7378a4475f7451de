import { parseArgs } from 'node:util';
import { dynamoClient, s3Client } from '../shared/aws/clients.ts';
import { condensePool } from '../shared/aws/condense-pool.ts';
import { findPool, findStack, STACK_OPTIONS } from './stack.ts';

export const CONDENSE_USAGE =
  'agentpool condense POOL [--dry-run]   tidies contexts now, as the stack does every day';

/** Tidies a pool's contexts and prints what was done, as JSON. @throws Error that says which argument is missing. */
export async function condenseCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...STACK_OPTIONS,
      'dry-run': { type: 'boolean', default: false },
    },
  });
  const [pool, ...more] = positionals;
  if (pool === undefined || more.length > 0) throw new Error(`usage: ${CONDENSE_USAGE}`);
  const stack = await findStack(values);
  findPool(stack, pool);
  const aws = {
    table: { dynamo: dynamoClient(), table: stack.TableName },
    s3: s3Client(),
    bucket: stack.BucketName,
  };
  console.log(JSON.stringify(await condensePool(pool, aws, { dryRun: values['dry-run'] }), null, 2));
}
