import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/global-setup.ts',
    pool: 'forks',
    // The tests mostly wait for others, so a core that vitest would keep free for itself is not needed.
    maxWorkers: '100%',
    // Tests wait for conditions, not for time; these only end what would hang.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
});
