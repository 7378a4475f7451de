import { defineConfig } from 'vitest/config';

/** `npm run test:package`: the packed package, in a project that has nothing else. */
export default defineConfig({
  test: {
    include: ['test/package/*.story.ts'],
    globalSetup: 'test/package/global-setup.ts',
    testTimeout: 120_000,
    hookTimeout: 240_000,
    bail: 1,
    // They mostly wait: for npm, and for processes.
    maxWorkers: 2,
  },
});
