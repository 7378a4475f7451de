#!/usr/bin/env node
// The agentpool command. In a clone it runs on any Node 20 or newer and hands over to the project's own Node 24. In the
// package it runs on the Node that started it.
import { existsSync } from 'node:fs';

const NEEDED = 24;
const isPackage = !existsSync(new URL('main.ts', import.meta.url));

if (!isPackage) {
  process.argv.splice(2, 0, 'cli/main.ts');
  await import('../scripts/run.mjs');
} else if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  console.error(`agentpool: Node ${NEEDED} or newer is required; this is Node ${process.versions.node}`);
  process.exit(2);
} else {
  await import('../dist/cli/main.js');
}
