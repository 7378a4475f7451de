import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { AgentPlatform } from './agent-platform.ts';
import { AgentPool } from './agent-pool.ts';
import type { Settings } from './settings.ts';

export type AgentpoolStackProps = StackProps & { readonly settings: Settings };

/** Everything: what all pools share, and each pool. */
export class AgentpoolStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: AgentpoolStackProps) {
    super(scope, id, { description: 'Pools of AI agents that scale by themselves', ...props });
    const platform = new AgentPlatform(this, 'Platform', {
      ...(settings.vpc !== undefined && { vpc: Vpc.fromLookup(this, 'Vpc', { vpcId: settings.vpc }) }),
      ...(settings.kmsKey !== undefined && { encryptionKey: Key.fromKeyArn(this, 'Key', settings.kmsKey) }),
      ...(settings.alarmEmail !== undefined && { alarmEmail: settings.alarmEmail }),
      dashboards: settings.dashboards,
    });
    const image = settings.image === undefined ? {} : { image: ContainerImage.fromRegistry(settings.image) };
    const pools = settings.pools.map(
      (pool) => new AgentPool(this, `Pool-${pool.name}`, { platform, pool, ...image }),
    );
    this.tell(platform, pools);
  }

  /** What a client needs to send tasks and to read what became of them. */
  private tell({ cluster, table, contexts, alarms }: AgentPlatform, pools: readonly AgentPool[]): void {
    new CfnOutput(this, 'ClusterName', { value: cluster.clusterName });
    new CfnOutput(this, 'TableName', { value: table.table.tableName });
    new CfnOutput(this, 'BucketName', { value: contexts.bucket.bucketName });
    new CfnOutput(this, 'AlarmTopic', { value: alarms.topic.topicArn });
    // One output for each: an output's value has a length that a list of them would exceed.
    for (const deployed of pools) {
      const { pool, queue, agents } = deployed;
      new CfnOutput(deployed, 'Output', {
        value: this.toJsonString({
          name: pool.name,
          service: agents.service.serviceName,
          queueUrl: queue.queue.queueUrl,
          deadLetterQueueUrl: queue.deadLetterQueue.queueUrl,
        }),
      });
    }
  }
}
