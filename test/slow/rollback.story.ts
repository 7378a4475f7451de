// Covers: agent/report-health.ts, agent/main.ts, infra/health-check.ts, local/ecs/deployments.ts
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deployVersion } from '../emulated/deploy-version.ts';
import { deployedPool } from '../emulated/deployed-pool.ts';

const { stack, soon, send, describeService, settled } = deployedPool();

test('a version whose handler throws at import is rolled back and says so, while the agents before it work on', async () => {
  const before = await settled();
  const broken = join(stack().logDirectory, 'broken.mjs');
  await writeFile(broken, 'throw new Error("no key");');
  const { deployment: bad } = await deployVersion(stack(), { handler: broken });

  await soon(async () => {
    const { messages, primary } = await describeService();
    expect(messages).toContainEqual(
      expect.stringContaining(`(deployment ${bad}) deployment failed: tasks failed to start.`),
    );
    expect(primary?.id).not.toBe(bad);
  });
  const id = await send(0);
  expect(await stack().client.waitForTask(id, 60_000)).toMatchObject({ status: 'done' });
  expect((await settled()).toSorted()).toEqual(before.toSorted());
});
