import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IgnoreMode, Stage } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { ConfigError } from '../shared/core/pool/config.ts';
import { isPackage, ownModule, projectRoot } from '../shared/project/own-files.ts';

/** What agents run, seen from the folder that is `/app` in the image. */
export const AGENT = relative(projectRoot, ownModule('agent/main'));

const DOCKERFILE = relative(projectRoot, fileURLToPath(new URL('../agent/Dockerfile', import.meta.url)));

/** This project is more than its agents, and only what they are made of is to change their image. */
const OWN_FILES = ['*', '!agent', '!shared', '!package.json', '!package-lock.json'];
/** Of another project nobody knows what agents need; what it installs is installed in the image. */
const USERS_FILES = ['**/node_modules', '**/cdk.out', '**/.git', '**/.env*', '**/*.log', `!${DOCKERFILE}`];

/** The project's image, which CDK builds with Docker. @throws ConfigError when the package is outside of the project. */
export function agentImage(scope: Construct): ContainerImage {
  if (DOCKERFILE.startsWith('..')) {
    throw new ConfigError(
      `agentpool is installed outside of ${projectRoot}: build an image in which ${AGENT} can be run from the working ` +
        'directory, and give it as `image`',
    );
  }
  return ContainerImage.fromAsset(projectRoot, {
    file: DOCKERFILE,
    platform: Platform.LINUX_ARM64,
    exclude: isPackage ? [...USERS_FILES, ...outputOf(scope)] : OWN_FILES,
    ignoreMode: IgnoreMode.DOCKER,
  });
}

/** Where this app writes to, if that is in the project: it would copy itself into itself. */
function outputOf({ node: { root } }: Construct): readonly string[] {
  if (!Stage.isStage(root)) return [];
  const path = relative(projectRoot, root.outdir);
  return path.startsWith('..') ? [] : [path];
}
