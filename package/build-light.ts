import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { build, type Format } from 'esbuild';

const ENTRY = 'package/tasks.ts';
const OUT = 'package/light/dist';
/** Some dependencies are CommonJS and call `require`, which ES modules lack. */
const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

// `npm pack ./package/light` runs this to build the package: one file for each module system, with everything in it.
await rm(OUT, { recursive: true, force: true });
const types = await mkdtemp(join(tmpdir(), 'agentpool-types-'));
const { status } = spawnSync('tsc', ['-p', 'package', '--outDir', types], { stdio: 'inherit' });
if (status !== 0) process.exit(1);
await bundle('esm', 'module');
await bundle('cjs', 'commonjs');
await rm(types, { recursive: true });

async function bundle(format: Format, type: 'module' | 'commonjs'): Promise<void> {
  const directory = join(OUT, format);
  await build({
    entryPoints: [ENTRY],
    outdir: directory,
    bundle: true,
    format,
    platform: 'node',
    target: 'node20',
    // Prefer ES modules: esbuild removes their unused code.
    mainFields: ['module', 'main'],
    legalComments: 'linked',
    ...(format === 'esm' && { banner: { js: BANNER } }),
  });
  await writeFile(join(directory, 'package.json'), `${JSON.stringify({ type })}\n`);
  for (const file of await reachable(join(types, ENTRY.replace(/\.ts$/, '.d.ts')))) {
    const to = join(directory, 'types', relative(types, file));
    await mkdir(dirname(to), { recursive: true });
    await cp(file, to);
  }
}

/** A declaration and those that it imports. */
async function reachable(file: string, found = new Set<string>()): Promise<ReadonlySet<string>> {
  if (found.has(file)) return found;
  found.add(file);
  const text = await readFile(file, 'utf8');
  for (const [, path = ''] of text.matchAll(/from '(\.[^']+)'/g))
    await reachable(join(dirname(file), path.replace(/\.[jt]s$/, '.d.ts')), found);
  return found;
}
