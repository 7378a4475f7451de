#!/usr/bin/env node
// The agentpool command, on any Node 20 or newer: hands over to the project's own Node 24.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const run = fileURLToPath(new URL('../scripts/run.mjs', import.meta.url));
const child = spawn(process.execPath, [run, 'cli/main.ts', ...process.argv.slice(2)], { stdio: 'inherit' });
child.on('exit', (code) => process.exit(code ?? 1));
