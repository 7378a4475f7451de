import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/global-setup.ts',
    pool: 'forks',
    // The tests mostly wait for others, so more of them run than there are cores.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    // Tests wait for conditions, not for time; these only end what would hang.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
});
