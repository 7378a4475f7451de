import { openContexts } from '../../shared/aws/open-pool.ts';
import { compact as compactContexts } from '../../shared/contexts/compact.ts';
import { command } from '../command.ts';
import { findPool, findStack } from '../stack.ts';

export const compact = command({
  command: 'compact <pool>',
  describe: 'compact contexts now instead of waiting for the daily run',
  examples: [['compact support --dry-run', 'report what a run would do']],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', demandOption: true, describe: 'name of the pool' },
    'dry-run': { type: 'boolean', default: false, describe: 'change nothing' },
  },
  async run({ pool, 'dry-run': dryRun, ...options }) {
    await findPool({ ...options }, pool);
    const done = await compactContexts(pool, openContexts({ pool, ...(await findStack({ ...options })) }), {
      dryRun,
    });
    return { text: JSON.stringify(done, null, 2), value: done };
  },
});
