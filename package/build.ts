import { spawnSync } from 'node:child_process';
import { cp, glob, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What is no module is laid beside the modules; the console's page is bundled where it is served. */
const BESIDE = ['agent/Dockerfile', 'console/page/*', 'local/orphan-guard.mjs', 'sim/traces/*.{gz,md}'];
const OUT = 'dist';

// `npm pack` runs this: the package's JavaScript and types.
await rm(OUT, { recursive: true, force: true });
const { status } = spawnSync('tsc', ['-p', 'package'], { stdio: 'inherit' });
if (status !== 0) process.exit(1);
for await (const file of glob(BESIDE)) await cp(file, join(OUT, file));
