import { openContexts } from '../../shared/aws/open-pool.ts';
import { compact as compactContexts } from '../../shared/contexts/compact.ts';
import { command } from '../command.ts';
import { findPool, findStack } from '../stack.ts';

export const compact = command({
  examples: [['compact support --dry-run', 'report what a run would do']],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', demandOption: true, describe: 'name of the pool' },
    'dry-run': { type: 'boolean', default: false, describe: 'change nothing' },
  },
  async run({ pool, 'dry-run': dryRun, ...options }) {
    await findPool({ ...options }, pool);
    const ports = openContexts({ pool, ...(await findStack({ ...options })) });
    const { report } = await compactContexts(pool, ports, {
      dryRun,
      onProgress: async (_at, { contexts, merged, deleted }) => {
        if (process.stderr.isTTY)
          process.stderr.write(`\r${contexts} contexts, ${merged} merged, ${deleted} parts deleted`);
      },
    });
    return { text: JSON.stringify(report, null, 2), value: report };
  },
});
