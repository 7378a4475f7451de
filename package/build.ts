import { spawnSync } from 'node:child_process';
import { cp, glob, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Files that aren't modules, copied next to the modules. The console bundles its page when it starts. */
const OTHER_FILES = [
  'agent/Dockerfile',
  'console/page/**/*.*',
  'local/replay/data/*.{csv,gz}',
  'local/orphan-guard.mjs',
  'templates/*.ts',
  'sim/traces/*.{gz,md}',
];
const OUT = 'dist';

// `npm pack` runs this to build the package's JavaScript and types.
await rm(OUT, { recursive: true, force: true });
const { status } = spawnSync('tsc', ['-p', 'package'], { stdio: 'inherit' });
if (status !== 0) process.exit(1);
for await (const file of glob(OTHER_FILES)) await cp(file, join(OUT, file));
