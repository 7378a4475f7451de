import { defineConfig } from 'vitest/config';

/** What only AWS itself, or moto in its place, can show. */
export default defineConfig({
  test: {
    include: ['test/deploy/*.story.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 180_000,
    bail: 1,
  },
});
