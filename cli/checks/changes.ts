import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../shared/project/own-files.ts';
import type { Finding } from './finding.ts';

/** As `cdk diff` says it: `[~] AWS::DynamoDB::Table Platform/Table/Table PlatformTable2E243E34 replace`. */
const REPLACED =
  /^\[.\] (AWS::(?:DynamoDB::Table|S3::Bucket|SQS::Queue)) (\S+) \S+ (?:may be replaced|replace)$/gm;

/** Runs `cdk diff` on the templates alone: a change set would create something in the account. */
export async function checkChanges(stack: string): Promise<Finding> {
  const cdk = findCdk();
  if (cdk === undefined)
    return {
      what: 'changes',
      verdict: 'not checked',
      text: 'cdk is not installed: run npm install --save-dev aws-cdk',
    };
  const child = spawn(
    process.execPath,
    [cdk, 'diff', '--method=template', '--no-color', '-c', `stack=${stack}`],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const text = output.trim();
  if (code !== 0)
    return { what: 'changes', verdict: 'not checked', text: `cdk diff: ${text.split('\n').at(-1) ?? ''}` };
  return judged(text);
}

/** A change that replaces what holds data is most likely a mistake. */
export function judged(diff: string): Finding {
  const replaced = [...diff.matchAll(REPLACED)].map(([, type, path]) => `${type} ${path}`);
  if (replaced.length === 0) return { what: 'changes', verdict: 'good', text: diff };
  const text = `replaces ${replaced.join(' and ')}: what is in the old one stays there, out of the new one's sight\n${diff}`;
  return { what: 'changes', verdict: 'bad', text };
}

/** The CDK CLI that the project depends on, or undefined. */
function findCdk(): string | undefined {
  try {
    const manifest = createRequire(join(projectRoot, 'package.json')).resolve('aws-cdk/package.json');
    return join(dirname(manifest), 'bin', 'cdk');
  } catch {
    return undefined;
  }
}
