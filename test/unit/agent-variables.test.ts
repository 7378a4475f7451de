// Covers: local/agent-variables.ts
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { describeVariables, readVariables, variableFinder } from '../../local/agent-variables.ts';
import { pool } from './build.ts';

const BEDROCK = { permissions: [{ actions: ['bedrock:InvokeModel'], resources: ['*'] }] };

afterEach(() => vi.unstubAllEnvs());

describe('the variables of a local agent', () => {
  test('a secret comes from the terminal, or else from the file, or is said to be missing', async () => {
    const secrets = { A: 'prod/a', B: 'prod/b', C: 'prod/c' };
    const pools = [pool({ name: 'support', agent: { secrets } })];
    const found = await variableFinder({ A: 'shell' })(pools, { A: 'file', B: 'file', D: 'file' });
    expect(found[0]?.variables).toStrictEqual({ A: 'shell', B: 'file', C: undefined });
    expect(describeVariables(found, '.env')).toEqual([
      'support: A is set in this terminal',
      'support: B is set in .env',
      'support: C is missing (agent.secrets): set it in this terminal or in .env',
    ]);
  });

  test('the agents of a pool with permissions have the credentials of this machine, and no other agents have', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAMINE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    const pools = [pool({ name: 'asks', agent: BEDROCK }), pool({ name: 'plain' })];
    const shell = { AWS_ACCESS_KEY_ID: 'AKIAMINE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_PROFILE: 'me' };
    const [asks, plain] = await variableFinder(shell)(pools, {});
    expect(asks?.variables).toMatchObject({ ...shell, AWS_REGION: 'eu-central-1' });
    // Local agents have one that hides the user's profiles.
    expect(asks?.variables).toHaveProperty('AWS_CONFIG_FILE', undefined);
    expect(plain?.variables).toEqual({});
    expect(describeVariables([asks, plain] as never, '.env').join()).toContain('AKIAMINE, eu-central-1');
  });

  test('a terminal that points at a local stack has no credentials of its own', async () => {
    const shell = { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'local' };
    const found = await variableFinder(shell)([pool({ agent: BEDROCK })], {});
    expect(found[0]?.variables).toEqual({});
    expect(describeVariables(found, '.env')).toEqual([
      'test: AWS credentials are missing (agent.permissions): this terminal points at a local stack',
    ]);
  });
});

test('a file of variables may be missing, unless somebody has named it', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'agentpool-env-')), '.env');
  expect(await readVariables(path, { isDefault: true })).toEqual({});
  await expect(readVariables(path, { isDefault: false })).rejects.toThrow(`${path}: file not found`);
  writeFileSync(path, '# keys\nexport A="x y"\n');
  expect(await readVariables(path, { isDefault: true })).toEqual({ A: 'x y' });
});
