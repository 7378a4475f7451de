import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IgnoreMode, Stack, Stage } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { parseEcrImage } from '../shared/aws/ecr-image.ts';
import { ConfigError } from '../shared/core/pool/config.ts';
import { isPackage, ownModule, projectRoot } from '../shared/project/own-files.ts';

/** The agent's entry point, relative to the project, which is `/app` in the image. */
export const AGENT = relative(projectRoot, ownModule('agent/main'));

const DOCKERFILE = relative(projectRoot, fileURLToPath(new URL('../agent/Dockerfile', import.meta.url)));

/** In a clone, only the agent's own files go into the image, so that other changes don't rebuild it. */
const OWN_FILES = ['*', '!agent', '!shared', '!package.json', '!package-lock.json', '**/.env*'];
/**
 * In a user's project, everything else may be needed. Dependencies are installed in the image; what a local stack keeps
 * are tasks and conversations.
 */
const USERS_FILES = ['node_modules', 'cdk.out', '.git', '.agentpool', '.env*', '*.log']
  .map((name) => `**/${name}`)
  .concat(`!${DOCKERFILE}`);

/** The project's image, which CDK builds with Docker. @throws ConfigError if the package is outside the project. */
export function agentImage(scope: Construct, architecture: 'arm64' | 'x86_64'): ContainerImage {
  if (DOCKERFILE.startsWith('..')) {
    throw new ConfigError(
      `agentpool is installed outside ${projectRoot}: build an image that can run ${AGENT} from its working directory, ` +
        'and pass it as `image`',
    );
  }
  return ContainerImage.fromAsset(projectRoot, {
    file: DOCKERFILE,
    platform: architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
    exclude: isPackage ? [...USERS_FILES, ...outputOf(scope)] : OWN_FILES,
    ignoreMode: IgnoreMode.DOCKER,
  });
}

/** An image by its name in a registry. The agents may pull it, if it's in ECR: without that, ECS starts none of them. */
export function imageNamed(scope: Construct, name: string): ContainerImage {
  const image = parseEcrImage(name);
  if (image === undefined) return ContainerImage.fromRegistry(name);
  const { account, region, repository: repositoryName, tag, digest } = image;
  const repositoryArn = `arn:${Stack.of(scope).partition}:ecr:${region}:${account}:repository/${repositoryName}`;
  const repository = Repository.fromRepositoryAttributes(scope, 'Image', { repositoryArn, repositoryName });
  return ContainerImage.fromEcrRepository(repository, digest ?? tag);
}

/** The app's output folder, if it's in the project: an image that contained it would contain itself. */
function outputOf({ node: { root } }: Construct): readonly string[] {
  if (!Stage.isStage(root)) return [];
  const path = relative(projectRoot, root.outdir);
  return path.startsWith('..') ? [] : [path];
}
