import { BatchGetImageCommand, ECRClient, GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr';
import * as z from 'zod';
import { type EcrImage, parseEcrImage } from '../../shared/aws/ecr-image.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { checked } from './finding.ts';

/** OCI's and Docker's types: of an index, which names an image for each platform, and of a single image. */
const MEDIA_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
const index = z.object({
  manifests: z.array(z.object({ platform: z.object({ architecture: z.string() }).optional() })),
});
const single = z.object({ config: z.object({ digest: z.string() }) });
const imageConfig = z.object({ architecture: z.string() });

/** How registries name the architectures. */
const NAMES = { arm64: 'arm64', x86_64: 'amd64' } as const;

/** A container of another architecture exits with "exec format error" at its start. */
export function checkImage(name: string, pools: readonly PoolConfig[]) {
  return checked('image', async () => {
    const image = parseEcrImage(name);
    if (image === undefined)
      return { verdict: 'not checked', text: `${name} isn't in a private ECR repository` };
    const offered = await architecturesOf(image);
    const wrong = pools.filter(({ agent }) => !offered.includes(NAMES[agent.architecture]));
    if (wrong.length === 0) return { verdict: 'good', text: `${name} is for ${offered.join(' and ')}` };
    const wanted = wrong.map((pool) => `${pool.name} (agent.architecture: '${pool.agent.architecture}')`);
    const text = `${name} is for ${offered.join(' and ') || 'no known architecture'}, but not for ${wanted.join(', ')}`;
    return { verdict: 'bad', text };
  });
}

/** @throws Error if the image doesn't exist. */
async function architecturesOf({ account, region, repository, tag, digest }: EcrImage) {
  const ecr = new ECRClient({ region });
  const inRepository = { registryId: account, repositoryName: repository };
  const imageId = digest === undefined ? { imageTag: tag ?? 'latest' } : { imageDigest: digest };
  const { images = [], failures = [] } = await ecr.send(
    new BatchGetImageCommand({ ...inRepository, imageIds: [imageId], acceptedMediaTypes: MEDIA_TYPES }),
  );
  const manifest = images[0]?.imageManifest;
  if (manifest === undefined) throw new Error(failures[0]?.failureReason ?? `no such image in ${repository}`);
  const parsed: unknown = JSON.parse(manifest);
  const platforms = index.safeParse(parsed).data?.manifests.map(({ platform }) => platform?.architecture);
  // Beside the images, an index may name attestations, whose platform is unknown.
  if (platforms) return [...new Set(platforms)].filter((each) => each !== undefined && each !== 'unknown');
  const { downloadUrl = '' } = await ecr.send(
    new GetDownloadUrlForLayerCommand({ ...inRepository, layerDigest: single.parse(parsed).config.digest }),
  );
  const response = await fetch(downloadUrl);
  return [imageConfig.parse(await response.json()).architecture];
}
