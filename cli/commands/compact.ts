import { dynamoClient, s3Client } from '../../shared/aws/clients.ts';
import { compactPool } from '../../shared/aws/compact-pool.ts';
import { command } from '../command.ts';
import { findPool, findStack } from '../stack.ts';

export const compact = command({
  command: 'compact <pool>',
  describe: 'tidy contexts now, as the stack does every day',
  examples: [['compact support --dry-run', 'what would be done']],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', demandOption: true, describe: 'the pool' },
    'dry-run': { type: 'boolean', default: false, describe: 'look only' },
  },
  async run({ pool, 'dry-run': dryRun, ...options }) {
    await findPool({ ...options }, pool);
    const stack = await findStack({ ...options });
    const aws = {
      table: { dynamo: dynamoClient(), table: stack.tableName },
      s3: s3Client(),
      bucket: stack.bucketName,
    };
    const done = await compactPool(pool, aws, { dryRun });
    return { text: JSON.stringify(done, null, 2), value: done };
  },
});
