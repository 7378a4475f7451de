// Covers: infra/capacity.ts, shared/core/pool/capacity.ts, shared/core/pool/config-problems.ts
import { App, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { InstanceType, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  AsgCapacityProvider,
  Cluster,
  ContainerImage,
  EcsOptimizedImage,
  ManagedInstancesCapacityProvider,
} from 'aws-cdk-lib/aws-ecs';
import { describe, expect, test } from 'vitest';
import { AgentPlatform, type AgentPlatformProps } from '../../infra/agent-platform.ts';
import { AgentPool } from '../../infra/agent-pool.ts';
import type { PoolInput } from '../../shared/core/pool/config.ts';
import { templateOf } from './synthesize.ts';

const image = ContainerImage.fromRegistry('public.ecr.aws/me/agents:7');

function ownCluster() {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Mine');
  const vpc = new Vpc(stack, 'Network');
  return { stack, vpc, cluster: new Cluster(stack, 'Machines', { vpc }) };
}

function poolOn(
  stack: Stack,
  platform: AgentPlatformProps,
  pool: Pick<PoolInput, 'capacity' | 'agent'>,
): Template {
  new AgentPool(stack, 'Local', {
    platform: new AgentPlatform(stack, 'Agents', { dashboards: 'none', ...platform }),
    pool: { name: 'local-model', handler: './a.ts', ...pool },
    image,
  });
  return Template.fromStack(stack);
}

describe('a pool on capacity providers of its cluster', () => {
  test('EC2: a GPU for each agent, packed on few instances, without what only Fargate has', () => {
    const { stack, vpc, cluster } = ownCluster();
    const autoScalingGroup = new AutoScalingGroup(stack, 'Gpus', {
      vpc,
      instanceType: new InstanceType('g6.xlarge'),
      machineImage: EcsOptimizedImage.amazonLinux2023(),
    });
    const gpus = new AsgCapacityProvider(stack, 'Provider', { autoScalingGroup });
    cluster.addAsgCapacityProvider(gpus);
    const template = poolOn(
      stack,
      { vpc, cluster },
      {
        agent: { cpu: 3_000, memoryMiB: 14_000, gpus: 1, architecture: 'x86_64' },
        capacity: { ec2: [gpus.capacityProviderName] },
      },
    );
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      RequiresCompatibilities: ['EC2'],
      NetworkMode: 'awsvpc',
      Cpu: '3000',
      Memory: '14000',
      ContainerDefinitions: [
        Match.objectLike({
          ResourceRequirements: [{ Type: 'GPU', Value: '1' }],
          ReadonlyRootFilesystem: true,
        }),
      ],
      RuntimePlatform: Match.absent(),
      EphemeralStorage: Match.absent(),
    });
    template.hasResourceProperties('AWS::ECS::Service', {
      CapacityProviderStrategy: [
        { CapacityProvider: { Ref: Match.stringLikeRegexp('Provider') }, Weight: 1 },
      ],
      PlacementStrategies: [{ Type: 'binpack', Field: 'MEMORY' }],
      DesiredCount: Match.absent(),
      AvailabilityZoneRebalancing: 'DISABLED',
      DeploymentConfiguration: Match.objectLike({ MinimumHealthyPercent: 100, MaximumPercent: 200 }),
    });
    const policies = JSON.stringify(template.findResources('AWS::IAM::Policy'));
    expect(policies).toContain('ecs:ListContainerInstances');
  });

  test('ECS Managed Instances', () => {
    const { stack, vpc, cluster } = ownCluster();
    const managed = new ManagedInstancesCapacityProvider(stack, 'Provider', {
      subnets: vpc.privateSubnets,
      securityGroups: [new SecurityGroup(stack, 'Instances', { vpc })],
      instanceRequirements: { vCpuCountMin: 4, memoryMin: Size.gibibytes(16) },
    });
    cluster.addManagedInstancesCapacityProvider(managed);
    const template = poolOn(
      stack,
      { vpc, cluster },
      { capacity: { managedInstances: [managed.capacityProviderName] } },
    );
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      RequiresCompatibilities: ['MANAGED_INSTANCES'],
      RuntimePlatform: { CpuArchitecture: 'ARM64' },
    });
    template.hasResourceProperties('AWS::ECS::Service', {
      CapacityProviderStrategy: [Match.objectLike({ Weight: 1 })],
      NetworkConfiguration: { AwsvpcConfiguration: Match.objectLike({ AssignPublicIp: 'DISABLED' }) },
    });
  });

  test('by name, in an existing cluster of an existing VPC', () => {
    const pools = [{ name: 'gpus', handler: './a.ts', capacity: { ec2: ['gpu-machines'] } }];
    expect(() => templateOf(pools)).toThrow(
      'pool "gpus": agents on capacity provider "gpu-machines" need the cluster that has it: pass its name ' +
        "(-c cluster=…), or AgentPlatform's cluster",
    );
    expect(() => templateOf(pools, { cluster: 'machines' })).toThrow(
      '-c cluster=machines needs -c vpc=…, the VPC of its instances',
    );
  });

  test('not in public subnets, where its agents could not reach AWS', () => {
    const { stack, vpc, cluster } = ownCluster();
    expect(() =>
      poolOn(
        stack,
        { vpc, cluster, subnets: { subnetType: SubnetType.PUBLIC } },
        { capacity: { ec2: ['machines'] } },
      ),
    ).toThrow('get no public IP address');
  });
});

test.each<[Pick<PoolInput, 'capacity' | 'agent'>, string]>([
  [{ agent: { gpus: 1 } }, 'agent.gpus: invalid value 1: expected nothing, because Fargate has none'],
  [{ agent: { cpu: 3_000 } }, 'agent.cpu: invalid value 3000: expected 256 or 512 or'],
  [
    { agent: { ephemeralStorageGiB: 50 }, capacity: { ec2: ['a'] } },
    'agent.ephemeralStorageGiB: invalid value 50: expected nothing, because only Fargate has it',
  ],
  [{ capacity: { ec2: [] } }, 'capacity.ec2: invalid value []: expected a list of at least 1'],
  [{ capacity: { spotPercent: 150 } }, 'capacity.spotPercent: invalid value 150: expected at most 100'],
  [
    { capacity: { ec2: ['a'], spotPercent: 50 } as never },
    'capacity: invalid value {"ec2":["a"],"spotPercent":50}: expected either onDemandBase and spotPercent, or ec2, or managedInstances',
  ],
])('capacity that cannot be is refused: %j', (pool, message) => {
  const { stack, vpc, cluster } = ownCluster();
  expect(() => poolOn(stack, { vpc, cluster }, pool)).toThrow(message);
});
