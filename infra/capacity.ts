import {
  AvailabilityZoneRebalancing,
  type BaseService,
  type BaseServiceOptions,
  type CapacityProviderStrategy,
  Compatibility,
  Ec2Service,
  FargateService,
  PlacementStrategy,
  type TaskDefinition,
} from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { type Capacity, ownProviders } from '../shared/core/pool/capacity.ts';
import { ConfigError, type PoolConfig } from '../shared/core/pool/config.ts';
import type { Network } from './network.ts';

/** What a task definition is checked for: each kind of capacity lacks something that another one has. */
export function compatibilityOf(capacity: Capacity): Compatibility {
  if ('ec2' in capacity) return Compatibility.EC2;
  return 'managedInstances' in capacity ? Compatibility.MANAGED_INSTANCES : Compatibility.FARGATE;
}

type Place = { readonly fargateOnly: boolean; readonly network: Network };

/**
 * Refuses capacity that the platform can't place agents on.
 * @throws ConfigError that says what to pass.
 */
export function checkCapacity({ name, capacity }: PoolConfig, { fargateOnly, network }: Place): void {
  const [provider] = ownProviders(capacity);
  if (provider === undefined) return;
  const where = `pool "${name}": agents on capacity provider "${provider}"`;
  if (fargateOnly)
    throw new ConfigError(
      `${where} need the cluster that has it: pass its name (-c cluster=…), or AgentPlatform's cluster`,
    );
  // "The awsvpc network mode doesn't provide task ENIs with public IP addresses for tasks that use the EC2 launch type."
  if (network.assignPublicIp)
    throw new ConfigError(
      `${where} get no public IP address, so they can't reach AWS from public subnets: choose private ones, with a NAT ` +
        'gateway or endpoints',
    );
}

type ServiceProps = BaseServiceOptions & {
  readonly capacity: Capacity;
  readonly network: Network;
  readonly taskDefinition: TaskDefinition;
};

/** A service that places its tasks on the pool's capacity. */
export function serviceOn(
  scope: Construct,
  id: string,
  { capacity, network, ...props }: ServiceProps,
): BaseService {
  const { securityGroups, subnets: vpcSubnets, assignPublicIp } = network;
  const place = {
    securityGroups,
    vpcSubnets,
    capacityProviderStrategies: strategiesOf(capacity),
    // Rebalancing would stop agents.
    availabilityZoneRebalancing: AvailabilityZoneRebalancing.DISABLED,
  };
  return 'ec2' in capacity
    ? new Ec2Service(scope, id, {
        ...props,
        ...place,
        // On as few instances as hold them, so that the others can end.
        placementStrategies: [PlacementStrategy.packedByMemory()],
      })
    : // CDK's construct for ECS Managed Instances, too.
      new FargateService(scope, id, { ...props, ...place, assignPublicIp });
}

function strategiesOf(capacity: Capacity): CapacityProviderStrategy[] {
  return 'onDemandBase' in capacity
    ? fargate(capacity)
    : ownProviders(capacity).map((capacityProvider) => ({ capacityProvider, weight: 1 }));
}

function fargate({
  onDemandBase,
  spotPercent,
}: Extract<Capacity, { onDemandBase: number }>): CapacityProviderStrategy[] {
  // A provider with weight 0 places no tasks, not even those of its base.
  const onDemand = {
    capacityProvider: 'FARGATE',
    base: onDemandBase,
    weight: Math.max(onDemandBase > 0 ? 1 : 0, 100 - spotPercent),
  };
  if (spotPercent === 0) return [onDemand];
  const spot = { capacityProvider: 'FARGATE_SPOT', weight: spotPercent };
  return onDemand.weight === 0 ? [spot] : [onDemand, spot];
}
