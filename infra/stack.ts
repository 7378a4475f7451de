import { fileURLToPath } from 'node:url';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { GatewayVpcEndpointAwsService, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { Cluster, ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import type { PoolConfig } from '../shared/pool/config.ts';
import { AgentService } from './agent-service.ts';
import { Condenser } from './condenser.ts';
import { ContextBucket } from './context-bucket.ts';
import { PoolQueue } from './pool-queue.ts';
import { Scaler } from './scaler.ts';
import { AgentpoolTable } from './table.ts';

export type AgentpoolStackProps = StackProps & { readonly pools: readonly PoolConfig[] };

/** Everything: what all pools share, and a queue and a service for each. */
export class AgentpoolStack extends Stack {
  constructor(scope: Construct, id: string, { pools, ...props }: AgentpoolStackProps) {
    super(scope, id, props);
    const { table } = new AgentpoolTable(this, 'Table');
    const { bucket } = new ContextBucket(this, 'Contexts');
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      // Agents have public addresses and no open port: NAT gateways would cost more than a small pool.
      natGateways: 0,
      subnetConfiguration: [{ name: 'agents', subnetType: SubnetType.PUBLIC }],
      gatewayEndpoints: {
        s3: { service: GatewayVpcEndpointAwsService.S3 },
        dynamodb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
    });
    const cluster = new Cluster(this, 'Cluster', { vpc });
    const image = ContainerImage.fromAsset(fileURLToPath(new URL('..', import.meta.url)), {
      file: 'agent/Dockerfile',
      platform: Platform.LINUX_ARM64,
      exclude: ['*', '!agent', '!shared', '!package.json', '!package-lock.json'],
    });
    const scaled = pools.map((pool) => {
      const queue = new PoolQueue(this, `Queue-${pool.name}`, pool);
      const agents = new AgentService(this, `Agents-${pool.name}`, {
        pool,
        cluster,
        vpc,
        image,
        queue,
        table,
        bucket,
      });
      return { pool, queue, agents };
    });
    new Scaler(this, 'Scaler', { table, cluster, pools: scaled });
    new Condenser(this, 'Condenser', { table, bucket, pools });
    // What a client needs to send tasks and to read what became of them.
    new CfnOutput(this, 'ClusterName', { value: cluster.clusterName });
    new CfnOutput(this, 'TableName', { value: table.tableName });
    new CfnOutput(this, 'BucketName', { value: bucket.bucketName });
    new CfnOutput(this, 'Pools', {
      value: this.toJsonString(
        scaled.map(({ pool, queue, agents }) => ({
          name: pool.name,
          service: agents.service.serviceName,
          queueUrl: queue.queue.queueUrl,
          deadLetterQueueUrl: queue.deadLetterQueue.queueUrl,
        })),
      ),
    });
  }
}
