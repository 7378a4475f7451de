// Covers: cli/checks/image.ts, shared/aws/ecr-image.ts
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkImage } from '../../cli/checks/image.ts';
import { pool } from '../unit/build.ts';

/** Manifests by tag, as OCI's image specification has them. */
const MANIFESTS: Readonly<Record<string, object>> = {
  both: {
    manifests: [
      { digest: 'sha256:1', platform: { architecture: 'amd64', os: 'linux' } },
      { digest: 'sha256:2', platform: { architecture: 'arm64', os: 'linux' } },
      { digest: 'sha256:3', platform: { architecture: 'unknown', os: 'unknown' } },
    ],
  },
  amd64: { config: { digest: 'sha256:4' }, layers: [] },
};

/** ECR, as far as the check needs it. */
const server = createServer(async (request, response) => {
  const operation = request.headers['x-amz-target']?.toString().split('.')[1];
  const answer = (body: object) => response.end(JSON.stringify(body));
  if (operation === 'BatchGetImage') {
    const { imageIds } = (await json(request)) as { imageIds: [{ imageTag: string }] };
    const manifest = MANIFESTS[imageIds[0].imageTag];
    return manifest
      ? answer({ images: [{ imageManifest: JSON.stringify(manifest) }] })
      : answer({ failures: [{ failureReason: 'Requested image not found' }] });
  }
  const { port } = server.address() as AddressInfo;
  if (operation === 'GetDownloadUrlForLayer')
    return answer({ downloadUrl: `http://127.0.0.1:${port}/config` });
  return answer({ architecture: 'amd64', os: 'linux' });
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_ECR: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
});
afterAll(() => void server.close());

const POOLS = [
  pool({ name: 'arm', agent: { architecture: 'arm64' } }),
  pool({ name: 'intel', agent: { architecture: 'x86_64' } }),
];
const REPOSITORY = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/agents';

test.each([
  [`${REPOSITORY}:both`, 'good', `${REPOSITORY}:both is for amd64 and arm64`],
  [
    `${REPOSITORY}:amd64`,
    'bad',
    `${REPOSITORY}:amd64 is for amd64, but not for arm (agent.architecture: 'arm64')`,
  ],
  [`${REPOSITORY}:gone`, 'not checked', 'Error: Requested image not found'],
  [
    'public.ecr.aws/me/agents:7',
    'not checked',
    "public.ecr.aws/me/agents:7 isn't in a private ECR repository",
  ],
])('an image is checked for the architectures of the pools: %s is %s', async (name, verdict, text) => {
  expect(await checkImage(name, POOLS)).toEqual({ what: 'image', verdict, text });
});
