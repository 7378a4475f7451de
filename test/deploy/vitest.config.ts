import { defineConfig } from 'vitest/config';

/** One story in one file: a deployment, what it does, and its end. */
export default defineConfig({
  test: {
    include: ['test/deploy/*.story.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 180_000,
    bail: 1,
  },
});
