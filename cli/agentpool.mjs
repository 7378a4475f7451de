#!/usr/bin/env node
// The agentpool command. In a clone, on any Node 20 or newer: hands over to the project's own Node 24. As a package, on
// the Node that it was called with.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
const isPackage = !existsSync(new URL('main.ts', import.meta.url));

if (!isPackage) {
  const run = fileURLToPath(new URL('../scripts/run.mjs', import.meta.url));
  const child = spawn(process.execPath, [run, 'cli/main.ts', ...process.argv.slice(2)], { stdio: 'inherit' });
  child.on('exit', (code) => process.exit(code ?? 1));
} else if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  console.error(`agentpool: this is Node ${process.versions.node}; Node ${NEEDED} or newer is needed`);
  process.exit(2);
} else {
  await import('../dist/cli/main.js');
}
