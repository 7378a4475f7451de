import { dependencies } from './dependencies.ts';
import type { Rule } from './rule.ts';
import {
  type Found,
  listOf,
  property,
  references,
  referred,
  resourcesOf,
  type Template,
} from './template.ts';

export const servicesComeLast: Rule = {
  id: 'services-come-last',
  description:
    'CloudFormation orders only what refers to each other. A service refers neither to the association of its ' +
    'cluster’s capacity providers nor to the routes of its subnets. So it may be created before them, when ECS can ' +
    'place no task or pull no image, and they may be deleted before it, which fails with “capacity provider is in ' +
    'use”. Make the service depend on them.',
  check: (template) =>
    resourcesOf(template, 'AWS::ECS::Service').flatMap((service) => {
      const before = dependencies(template, [service.id]);
      const missing = [...associationsOf(template, service), ...routesOf(template, service)].filter(
        ({ id }) => !before.has(id),
      );
      if (missing.length === 0) return [];
      const named = missing.map(({ id, resource }) => `${id} (${resource.Type})`).join(' or ');
      const message = `This service may be created before and deleted after what it needs: it does not depend on ${named}`;
      return [{ logicalId: service.id, message }];
    }),
};

function associationsOf(template: Template, service: Found): readonly Found[] {
  if (listOf(property(service, 'CapacityProviderStrategy')).length === 0) return [];
  const cluster = referred(template, property(service, 'Cluster'), 'AWS::ECS::Cluster');
  return resourcesOf(template, 'AWS::ECS::ClusterCapacityProviderAssociations').filter(
    (association) => cluster !== undefined && references(property(association, 'Cluster')).has(cluster),
  );
}

/** The routes to the internet of a service's public subnets. Without one, it cannot pull its image. */
function routesOf(template: Template, service: Found): readonly Found[] {
  const subnets = references(property(service, 'NetworkConfiguration', 'AwsvpcConfiguration', 'Subnets'));
  const tables = resourcesOf(template, 'AWS::EC2::SubnetRouteTableAssociation')
    .filter((association) => [...references(property(association, 'SubnetId'))].some((id) => subnets.has(id)))
    .flatMap((association) => [...references(property(association, 'RouteTableId'))]);
  return resourcesOf(template, 'AWS::EC2::Route').filter(
    (route) =>
      property(route, 'GatewayId') !== undefined &&
      [...references(property(route, 'RouteTableId'))].some((id) => tables.includes(id)),
  );
}
