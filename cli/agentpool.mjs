#!/usr/bin/env node
// The agentpool command. In a clone, on any Node 20 or newer: hands over to the project's own Node 24. As a package, on
// the Node that it was called with.
import { existsSync } from 'node:fs';

const NEEDED = 24;
const isPackage = !existsSync(new URL('main.ts', import.meta.url));

if (!isPackage) {
  process.argv.splice(2, 0, 'cli/main.ts');
  await import('../scripts/run.mjs');
} else if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  console.error(`agentpool: this is Node ${process.versions.node}; Node ${NEEDED} or newer is needed`);
  process.exit(2);
} else {
  await import('../dist/cli/main.js');
}
