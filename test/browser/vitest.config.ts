import { defineConfig } from 'vitest/config';

/** `npm run test:browser`: the console in Chromium, one file after another. */
export default defineConfig({
  test: {
    include: ['test/browser/*.story.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
