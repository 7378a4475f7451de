import { parseArgs } from 'node:util';
import { dynamoClient, s3Client } from '../shared/aws/clients.ts';
import { condensePool } from '../shared/aws/condense-pool.ts';

export const CONDENSE_USAGE =
  'agentpool condense POOL --table NAME --bucket NAME [--dry-run]   tidies contexts now, as the stack does every day';

/** Tidies a pool's contexts and prints what was done, as JSON. @throws Error that says which argument is missing. */
export async function condenseCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      table: { type: 'string' },
      bucket: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
    },
  });
  const [pool, ...more] = positionals;
  const { table, bucket } = values;
  if (pool === undefined || more.length > 0 || table === undefined || bucket === undefined) {
    throw new Error(`usage: ${CONDENSE_USAGE}. The stack's outputs tell table and bucket.`);
  }
  const aws = { table: { dynamo: dynamoClient(), table }, s3: s3Client(), bucket };
  console.log(JSON.stringify(await condensePool(pool, aws, { dryRun: values['dry-run'] }), null, 2));
}
