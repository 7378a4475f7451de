import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { isShort } from './short.ts';

/** `npm run bench`: the size of the functions' bundles, and what of a cold start is the import of the scaler's. */
const RUNS = isShort ? 2 : 15;
const SDK = ['client-sqs', 'client-ecs', 'client-dynamodb', 'client-ssm', 'lib-dynamodb'].map(
  (name) => `@aws-sdk/${name}`,
);
/** What the handler reads when it is imported. */
const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AGENTPOOL_TABLE: 't',
  AGENTPOOL_CLUSTER: 'c',
  AGENTPOOL_STACK: 'Agentpool',
  AGENTPOOL_POOLS: '/agentpool/Agentpool/pools',
};

const output = mkdtempSync(join(tmpdir(), 'agentpool-bench-'));
try {
  execFileSync(process.execPath, ['infra/app.ts'], {
    env: { ...process.env, CDK_OUTDIR: output },
    stdio: 'ignore',
  });
  const bundles = readdirSync(output)
    .map((name) => join(output, name, 'index.mjs'))
    .filter((file) => statSync(file, { throwIfNoEntry: false }) !== undefined);
  const bundleOf = (what: string) =>
    bundles.find((file) => readFileSync(file, 'utf8').includes(`serviceName:"${what}"`)) ?? '';
  console.log('bundles, minified, without source maps');
  for (const name of ['scale', 'reconcile', 'compact']) {
    console.log(`  ${name.padEnd(10)} ${Math.round(statSync(bundleOf(name)).size / 1000)} KB`);
  }
  // In the project's directory, where the SDK's packages are found as they are on Lambda.
  const external = 'node_modules/.cache/agentpool-external.mjs';
  buildSync({
    entryPoints: ['functions/scale/handler.ts'],
    outfile: external,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: ['@aws-sdk/*', '@smithy/*'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  const variants = {
    'the SDK clients alone, from their packages': SDK,
    'the scaler, the SDK in its bundle': [pathToFileURL(bundleOf('scale')).href],
    'the scaler, the SDK beside its bundle': [pathToFileURL(join(process.cwd(), external)).href],
  };
  const measured = measureImports(Object.values(variants));
  const [clients] = measured;
  console.log(`import, median of ${RUNS} processes taken in turn`);
  for (const [index, name] of Object.keys(variants).entries()) {
    const { ms = 0, megabytes = 0 } = measured[index] ?? {};
    const ratio = (ms / (clients?.ms ?? Number.NaN)).toFixed(2);
    console.log(
      `  ${name.padEnd(44)} ${ms.toFixed(0)} ms, ${ratio} of the clients; ${megabytes.toFixed(0)} MB resident`,
    );
  }
} finally {
  rmSync(output, { recursive: true });
}

type Import = { readonly ms: number; readonly megabytes: number };

/** Medians: each import in a process of its own. */
function measureImports(variants: readonly (readonly string[])[]): Import[] {
  const runs = variants.map((): Import[] => []);
  for (let run = 0; run < RUNS; run++) {
    for (const [index, modules] of variants.entries()) {
      const script = `const start = performance.now();
        await Promise.all(${JSON.stringify(modules)}.map((name) => import(name)));
        const ms = performance.now() - start;
        console.log(JSON.stringify({ ms, megabytes: process.memoryUsage.rss() / 2 ** 20 }));`;
      const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, ...ENVIRONMENT },
      });
      runs[index]?.push(JSON.parse(printed.toString()) as Import);
    }
  }
  const median = (numbers: readonly number[]) =>
    numbers.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.NaN;
  return runs.map((each) => ({
    ms: median(each.map(({ ms }) => ms)),
    megabytes: median(each.map(({ megabytes }) => megabytes)),
  }));
}
