import { Stack, type StackProps } from 'aws-cdk-lib';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, type ICluster } from 'aws-cdk-lib/aws-ecs';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { imageNamed } from './agent-image.ts';
import { AgentPlatform } from './agent-platform.ts';
import { AgentPool } from './agent-pool.ts';
import type { Settings } from './settings.ts';

export type AgentpoolStackProps = StackProps & { readonly settings: Settings };

/** The whole stack: the platform and its pools. */
export class AgentpoolStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: AgentpoolStackProps) {
    super(scope, id, { description: 'Autoscaled pools of AI agents', ...props });
    const vpc = settings.vpc === undefined ? undefined : Vpc.fromLookup(this, 'Vpc', { vpcId: settings.vpc });
    const platform = new AgentPlatform(this, 'Platform', {
      ...(vpc && { vpc }),
      ...(vpc && settings.cluster !== undefined && { cluster: clusterNamed(this, settings.cluster, vpc) }),
      ...(settings.kmsKey !== undefined && { encryptionKey: Key.fromKeyArn(this, 'Key', settings.kmsKey) }),
      ...(settings.alarmEmail !== undefined && { alarmEmail: settings.alarmEmail }),
      dashboards: settings.dashboards,
    });
    const image = settings.image === undefined ? {} : { image: imageNamed(this, settings.image) };
    for (const pool of settings.pools) new AgentPool(this, `Pool-${pool.name}`, { platform, pool, ...image });
  }
}

function clusterNamed(scope: Construct, clusterName: string, vpc: IVpc): ICluster {
  return Cluster.fromClusterAttributes(scope, 'Cluster', { clusterName, vpc });
}
