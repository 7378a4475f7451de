/** Which file of the project a function of the stack runs: for those who run it without a bundle. */
export const ENTRY_METADATA = 'agentpool:entry';

/** Some dependencies are CommonJS and call `require`, which an ES module does not have. */
export const REQUIRE_IN_ESM =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
