// Covers: console/deployed/deployed-source.ts, console/deployed/agent-logs.ts, console/aws-views.ts
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deployedSource } from '../../console/deployed/deployed-source.ts';
import { type Console, startConsole } from '../../console/server.ts';
import { awsEnvironment } from '../../local/stack.ts';
import { launch, openPage } from './browser.ts';

/** A deployed stack that the user's credentials may not read: AWS refuses every call and says which. */
const before = { ...process.env };
let browser: Browser;
let aws: Server;
let served: Console;

beforeAll(async () => {
  browser = await launch();
  aws = createServer((request, response) => {
    const operation =
      String(request.headers['x-amz-target'] ?? 'Unknown.Unknown')
        .split('.')
        .at(-1) ?? '';
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(
      JSON.stringify({
        __type: 'AccessDeniedException',
        message: `User: arn:aws:iam::123456789012:user/reader is not authorized to perform: ${operation}`,
      }),
    );
  });
  await new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  Object.assign(process.env, awsEnvironment({ sqs: url, dynamodb: url, ecs: url, s3: url }), {
    AWS_ENDPOINT_URL_CLOUDWATCH: url,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: url,
  });
  const pool = {
    name: 'support',
    service: 'support',
    queueUrl: `${url}/1/support`,
    deadLetterQueueUrl: `${url}/1/dead`,
  };
  const source = deployedSource('Agentpool', {
    clusterName: 'cluster',
    tableName: 'table',
    bucketName: 'bucket',
    pools: [pool],
    logs: {
      kind: 'groups',
      groups: { pools: { support: 'agents' }, functions: { scaler: 's', reconciler: 'r', compactor: 'c' } },
    },
  });
  served = await startConsole(source, 0);
});
afterAll(async () => {
  await served.close();
  await browser.close();
  aws.close();
  process.env = before;
});

test('each view of a deployed stack says which permission is missing, and has no controls', async () => {
  const { page } = await openPage(browser);
  await page.goto(served.url);
  const row = page.locator('.pool-row.broken', { hasText: 'support' });
  await row.getByText(/is not authorized to perform: \w+/).waitFor();
  await page.getByText(/^metrics: .*not authorized to perform: \w+/).waitFor();
  expect(await page.getByRole('button', { name: 'Try it' }).count()).toBe(0);
  await page.getByRole('link', { name: 'support', exact: true }).click();
  await page.getByText(/^support can't be read: .*not authorized/).waitFor();
  await page.getByText(/^The history of support can't be read: .*not authorized to perform: \w+/).waitFor();
  await page
    .getByText(/^What agents did can't be read: .*not authorized to perform: FilterLogEvents/)
    .waitFor();
  await page.getByRole('link', { name: 'Tasks', exact: true }).click();
  await page.getByText(/^The tasks can't be read: .*not authorized to perform: \w+/).waitFor();
  await page.getByRole('link', { name: 'What if' }).click();
  await page.getByText(/^What arrived can't be read: .*not authorized to perform: Query/).waitFor();
});
