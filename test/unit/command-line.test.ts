// Covers: cli/failure.ts, cli/commands/dashboard.ts
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { failure } from '../../cli/failure.ts';
import { run } from '../../cli/run.ts';

afterEach(() => vi.unstubAllEnvs());

test("dashboard prints the address of the pool's CloudWatch dashboard", async () => {
  const outputs = join(mkdtempSync(join(tmpdir(), 'agentpool-outputs-')), 'outputs.json');
  const platform = { clusterName: 'c', tableName: 't', bucketName: 'b' };
  const support = { pool: 'support', service: 's', queueUrl: 'q', deadLetterQueueUrl: 'd' };
  const stack = {
    PlatformAgentpoolPlatform00C0FFEE: JSON.stringify(platform),
    PoolAgentpoolPool00C0FFEE: JSON.stringify(support),
  };
  writeFileSync(outputs, JSON.stringify({ Agentpool: stack }));
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  const said: string[] = [];
  const output = {
    say: (text: string) => void said.push(text),
    warn: (text: string) => void said.push(text),
  };
  expect(await run(['dashboard', 'support', '--print', '--outputs', outputs], output)).toBe(0);
  expect(said).toEqual([
    'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/Agentpool-support-eu-west-1',
  ]);
});

describe('an error', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
  const textOf = async (error: unknown) => (await failure(error, ['status'])).text;

  test('a terminal that points at a local stack that has ended is said to, and not that AWS is at fault', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', 'http://127.0.0.1:1');
    vi.stubEnv('AGENTPOOL_OUTPUTS', '/project/.agentpool/outputs.json');
    expect(await textOf(refused)).toContain('the local stack that this terminal points at has ended');
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', undefined);
    expect(await textOf(refused)).toBe("agentpool: AWS can't be reached: connect ECONNREFUSED 127.0.0.1:1");
  });
  test('a file that cannot be written is no error of AWS', async () => {
    const error = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), { code: 'EACCES' });
    expect(await failure(error, ['local'])).toEqual({ text: `agentpool: ${error.message}`, exitCode: 1 });
  });
  test('missing credentials name the profile that was asked for', async () => {
    vi.stubEnv('AWS_PROFILE', 'nope');
    const error = Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' });
    expect(await textOf(error)).toContain('no AWS credentials for profile "nope"');
  });
});
