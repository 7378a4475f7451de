import { defineConfig } from 'vitest/config';
import { common } from '../../vitest.config.ts';

/** `npm run test:slow`: whole stacks and demos of real processes, large contexts, and every case of each property. */
export default defineConfig({
  test: {
    ...common,
    include: ['test/slow/*.story.ts', 'test/property/*.test.ts'],
    env: { AGENTPOOL_TEST_CASES: 'all' },
  },
});
