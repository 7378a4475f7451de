import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** For every kind of tests. */
export const common = {
  globalSetup: 'test/global-setup.ts',
  pool: 'forks',
  // The tests mostly wait for others, so more of them run than there are cores.
  maxWorkers: 2 * availableParallelism(),
  // Tests wait for conditions, not for time; these only end what would hang.
  testTimeout: 120_000,
  hookTimeout: 120_000,
} as const;

/** Tests that neither start processes nor change the environment. They share workers, which load CDK once. */
const PURE = ['test/{infra,ports,property,unit}/**/*.test.ts'];

export default defineConfig({
  test: {
    ...common,
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      { extends: true, test: { name: 'running', include: ['test/**/*.test.ts'], exclude: PURE } },
    ],
  },
});
